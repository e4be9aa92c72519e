"""A key that goes to three files, and what a killed run has left of it: in the database, in the files, and staged."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyrage

from tests.project import Project, api_key, user

IDENTITY = pyrage.x25519.Identity.generate()
SINKS = ("ci.env", "ci.key", "ci.age")
_STAGED = re.compile(r"\.(.+)\.provision-[0-9a-f-]{36}\.[0-9a-f]{24}")


def declare(project: Project) -> None:
    """The key, its rotation, and a file of each sort that it goes to."""
    sinks = (
        "file: {path: ../out/ci.env, format: env, name: TOKEN}",
        "file: {path: ../out/ci.key}",
        f"age_file: {{path: ../out/ci.age, recipients: [{IDENTITY.to_public()}]}}",
    )
    deliver = "deliver_to: [{" + "}, {".join(sinks) + "}]"
    project.write(
        user("bot")
        + api_key("bot", "ci", "key: {generate: {prefix: acme}}", deliver, "rotate: {every: 90d, overlap: 7d}")
    )


def make_due(project: Project) -> None:
    """Let the ledger say that the key was made long ago: its rotation is due."""
    project.sql("""UPDATE provision_resource SET secrets = replace(secrets, '"set_at":"20', '"set_at":"19')""")


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is there of a key after a run, whichever way it ended.

    `rows` are its generations: the hash, and whether it works. By sink, `shown` is what its file holds, None without
    one, and `staged` what waits beside it. `pending` says whether the ledger waits for its delivery.
    """

    rows: tuple[tuple[str, bool], ...]
    shown: dict[str, str | None]
    staged: dict[str, set[str]]
    pending: bool

    @property
    def working(self) -> list[bool]:
        """Of each generation, whether it works."""
        return [works for _, works in self.rows]

    def wrong(self) -> list[str]:
        """The newest generation is one that works, and that every sink holds, in its place or staged."""
        if not self.rows:
            return []
        newest, works = self.rows[-1]
        without = [sink for sink in SINKS if newest not in {digest(value) for value in self._values(sink)}]
        complaints = [f"{sink} does not hold the newest generation" for sink in without]
        return complaints if works else ["the newest generation does not work", *complaints]

    def _values(self, sink: str) -> set[str]:
        shown = self.shown[sink]
        return self.staged[sink] if shown is None else {shown, *self.staged[sink]}

    def is_done(self) -> bool:
        """Whether every file holds the newest generation, and nothing else is left or waited for."""
        everywhere = {digest(value or "") for value in self.shown.values()}
        return not self.pending and not any(self.staged.values()) and everywhere == {self.rows[-1][0]}


def look(project: Project) -> Left:
    """Everything there is of the key."""
    query = "SELECT key_hash, is_active, revoked_at IS NULL FROM sys_api_key ORDER BY generation"
    rows = tuple((key_hash, bool(active and kept)) for key_hash, active, kept in project.sql(query))
    out = project.folder / "out"
    staged: dict[str, set[str]] = {sink: set() for sink in SINKS}
    for path in out.iterdir() if out.is_dir() else ():
        match = _STAGED.fullmatch(path.name)
        if match:
            staged[match[1]].add(_value(path) if match[1] == "ci.age" else path.read_text())
        else:
            assert path.name in SINKS or path.name.endswith(".new"), path.name
    return Left(
        rows=rows,
        shown={sink: _value(out / sink) if (out / sink).exists() else None for sink in SINKS},
        staged=staged,
        pending=_is_pending(project),
    )


def leftovers(project: Project) -> list[str]:
    """The names of the files that are neither manifests nor where a secret is to go."""
    out = project.folder / "out"
    return sorted({path.name for path in out.iterdir()}.difference(SINKS)) if out.is_dir() else []


def digest(value: str) -> str:
    """What the database keeps of it."""
    return sha256(value.encode()).hexdigest()


def _value(path: Path) -> str:
    """The secret in a file of its sort; one that was not written to its end holds none."""
    content = path.read_bytes()
    if path.name.endswith(".env"):
        return content.decode().strip().removeprefix("TOKEN=")
    if b"BEGIN AGE" not in content:
        return content.decode()
    try:
        return bytes(pyrage.decrypt(content, [IDENTITY])).decode()
    except pyrage.DecryptError:
        return ""


def _is_pending(project: Project) -> bool:
    try:
        found = project.sql("SELECT secrets FROM provision_resource WHERE address = 'ApiKey/bot/ci'")
    except Exception:  # noqa: BLE001  there is no ledger yet; each driver says so in its own way
        return False
    return any("pending" in (json.loads(text)["key"] or {}) for (text,) in found)
