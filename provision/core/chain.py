"""The hash chain of a project's runs: each run's hash covers its row, its changes, and the hash of the run before.

It is not keyed. Whoever may write the tables can compute a whole new chain, and is found only by a hash that somebody
noted elsewhere before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from provision.core.value import Fields, Value, canonical_json

SCHEME = "provision-chain/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One run as the database has it: its hash, and every other column; `seq` is its number in the project."""

    id: str
    seq: int
    hash: str | None
    columns: Fields


class Seal:
    """The hash of one run, of which the changes come one by one, in their order.

    It is SHA-256 over the canonical JSON of [scheme, project, seq, previous run's hash, columns, changes].
    """

    __slots__ = ("_any", "_digest")

    def __init__(self, columns: Fields, previous: str | None) -> None:
        head = canonical_json([SCHEME, columns["project"], columns["seq"], previous, columns])
        self._digest = hashlib.sha256(f"{head[:-1]},[".encode())
        self._any = False

    def add(self, change: Sequence[Value]) -> None:
        """Take in the next change: position, address, action, fields, source."""
        self._digest.update((f",{canonical_json(change)}" if self._any else canonical_json(change)).encode())
        self._any = True

    def close(self) -> str:
        """The hash, as `sha256:` and 64 hexadecimal digits."""
        whole = self._digest.copy()
        whole.update(b"]]")
        return f"sha256:{whole.hexdigest()}"


def row_digest(link: Link) -> str:
    """SHA-256 over what is left of a run whose changes were pruned: its columns and its hash."""
    return f"sha256:{hashlib.sha256(canonical_json([SCHEME, link.columns, link.hash]).encode()).hexdigest()}"


def secret_digest(run: str, address: str, field: str, stored: str) -> str:
    """What a history keeps of a stored secret: equal secrets have unequal digests, and no table lists them."""
    whole = hashlib.sha256(canonical_json([SCHEME, run, address, field, stored]).encode()).hexdigest()
    return f"sha256:{whole[:16]}"
