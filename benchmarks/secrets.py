"""What secrets cost: hashing, minting, delivering, and telling by a fingerprint that nothing changed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.cases import Bench
from benchmarks.databases import applied, empty
from benchmarks.manifests import write_documents
from benchmarks.pairs import Pairs, in_turns
from benchmarks.process import Sample, measure, ours
from tests.project import Project, make_project, settings_text

HASHED, MINTED, DELIVERED, JUDGED = 200, 100_000, 10_000, 10_000
COST = 12
RUNS = 3
# 32 bytes, the least that a key of fingerprints may have.
FINGERPRINT_KEY = {"PROVISION_FINGERPRINT_KEY": "k" * 32}
PASSWORD = {"PASSWORD": "opensesame of everybody"}


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretCase:
    """The work, what it is measured against, and the pairs."""

    work: str
    against: str
    pairs: Pairs


def hashing(bench: Bench) -> SecretCase:
    """Users with new passwords."""
    project = _project(bench, "hashed", rounds=COST)
    names = {number: f"PASSWORD_{number}" for number in range(HASHED)}
    manifests = project.folder / "manifests"
    write_documents(manifests, (_user(number, f"password: {{from: {{env: {names[number]}}}}}") for number in names))
    project = replace(project, environ={name: f"opensesame {number}" for number, name in names.items()})
    floor = partial(measure, project, "-m", "benchmarks.hashing", str(HASHED), str(COST))
    pairs = in_turns(_applying(bench, project, manifests), floor, RUNS)
    return SecretCase(
        work=f"create {HASHED} users, bcrypt at cost {COST}",
        against=f"{HASHED} calls of bcrypt, on all cores",
        pairs=pairs,
    )


def minting(bench: Bench) -> SecretCase:
    """Keys, and nothing else."""
    project = _project(bench, "minted")
    ours_, floor = (partial(measure, project, "-m", "benchmarks.minting", how) for how in ("ours", "floor"))
    pairs = in_turns(partial(_repeated, ours_), partial(_repeated, floor), RUNS)
    return SecretCase(work=f"mint {MINTED:,} keys", against="`token_bytes(23).hex()`", pairs=pairs)


def _repeated(measured: Callable[[str], Sample]) -> Sample:
    """What the keys cost beyond the start of the process."""
    many, none = measured(str(MINTED)), measured("0")
    return replace(many, seconds=many.seconds - none.seconds, cpu_seconds=many.cpu_seconds - none.cpu_seconds)


def delivering(bench: Bench) -> SecretCase:
    """Keys that are generated, staged and delivered."""
    project = _project(bench, "delivered")
    generated, ready = project.folder / "generated", project.folder / "ready"
    write_documents(
        generated,
        _keys(
            lambda number: (
                "key: {generate: {prefix: acme}}",
                f"deliver_to: [{{file: {{path: ../out/keys.env, format: env, name: KEY_{number}}}}}]",
            )
        ),
    )
    write_documents(ready, _keys(lambda number: (f'key: {{hash: "{number:064x}"}}',)))
    keys = project.folder / "out" / "keys.env"

    def delivered() -> Sample:
        keys.unlink(missing_ok=True)
        sample = _applying(bench, project, generated)()
        if len(keys.read_text().splitlines()) != DELIVERED:
            raise AssertionError("not all keys were delivered")
        return sample

    pairs = in_turns(delivered, _applying(bench, project, ready), RUNS)
    return SecretCase(
        work=f"create {DELIVERED:,} generated keys, in one env file",
        against="the same with ready hashes",
        pairs=pairs,
    )


def judging(bench: Bench) -> SecretCase:
    """Passwords that are kept as declared, and are."""
    project = replace(_project(bench, "judged", rounds=4), environ=PASSWORD | FINGERPRINT_KEY)
    manifests = project.folder / "manifests"
    kept = "password: {from: {env: PASSWORD}, update: always}"
    write_documents(manifests, (_user(number, kept) for number in range(JUDGED)))
    with applied(bench.server, project, manifests) as filled:
        with_key = partial(ours, filled, "plan", manifests)
        without = partial(ours, replace(filled, environ=PASSWORD), "plan", manifests)
        with_key()
        pairs = in_turns(with_key, without, RUNS)
    return SecretCase(
        work=f"no-op plan of {JUDGED:,} kept passwords, with the fingerprint key",
        against="the same without the key",
        pairs=pairs,
    )


def _applying(bench: Bench, project: Project, manifests: Path) -> Callable[[], Sample]:
    def measured() -> Sample:
        with empty(bench.server, project) as fresh:
            return ours(fresh, "apply", manifests)

    return measured


SECRET_CASES: Sequence[Callable[[Bench], SecretCase]] = (hashing, minting, delivering, judging)


def _project(bench: Bench, name: str, *, rounds: int = 4) -> Project:
    project = make_project(bench.folder / name, "sqlite+aiosqlite://")
    text = settings_text().replace("rounds = 4", f"rounds = {rounds}")
    (project.folder / "provision.toml").write_text(text, encoding="utf-8")
    return project


def _user(number: int, *lines: str) -> str:
    return _document("User", f"user-{number:06}", f"nickname: User {number}", *lines)


def _keys(lines: Callable[[int], tuple[str, ...]]) -> Iterator[str]:
    """The owner of all keys, and a document for each."""
    yield _user(0)
    for number in range(DELIVERED):
        yield _document("ApiKey", f"key-{number:06}", "user: user-000000", *lines(number))


def _document(kind: str, name: str, *spec: str) -> str:
    lines = ["---", "apiVersion: provision/v1", f"kind: {kind}", "metadata:", f"  name: {name}", "spec:"]
    return "\n".join([*lines, *(f"  {line}" for line in spec), ""])
