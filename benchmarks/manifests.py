"""Manifests of any number of users, the same every time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

USERS_A_FILE = 500
TEAMS = ("payments", "platform", "support")

# bcrypt of a password that nobody knows: making one takes a quarter of a second, and hashing is not measured here.
PASSWORD_HASH = "$2b$12$8Vn63GJKCUAxhWri11wb0OWH7ARtSkpCrEge78ygfdk315E6fonjC"


def write_manifests(
    folder: Path, users: int, *, changed: int | None = None, users_a_file: int = USERS_A_FILE
) -> None:
    """Write `users` users into a new folder; the user with the number `changed` has another nickname."""
    folder.mkdir(parents=True)
    for first in range(0, users, users_a_file):
        numbers = range(first, min(first + users_a_file, users))
        text = "".join(_document(number, is_changed=number == changed) for number in numbers)
        (folder / f"users-{first:06}.yaml").write_text(text, encoding="utf-8")


def write_documents(folder: Path, documents: Iterable[str]) -> None:
    """Write these documents into one file of a new folder."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "all.yaml").write_text("".join(documents), encoding="utf-8")


def _document(number: int, *, is_changed: bool) -> str:
    return "\n".join(["---", *_lines(number, "Renamed" if is_changed else "User"), ""])


def _lines(number: int, title: str) -> Iterator[str]:
    """Fifteen scalars in five mappings, as most people's manifests have, and a little more for some."""
    name = f"user-{number:06}"
    yield "apiVersion: provision/v1"
    yield "kind: User"
    yield "metadata:"
    yield f"  name: {name}"
    if number % 4 == 0:
        yield f"  labels: {{team: {TEAMS[number // 4 % len(TEAMS)]}}}"
    yield "spec:"
    yield f"  nickname: {title} {number}"
    yield f"  email: {name}@example.com"
    if number % 10 == 0:
        yield "  is_staff: true"
    if number % 1000 == 0:
        yield "  is_superuser: true"
    yield f'  password: {{hash: "{PASSWORD_HASH}"}}'
