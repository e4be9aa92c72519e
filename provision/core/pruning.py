"""Letting go of old runs: which ones go, and the record by which the chain of the others still holds."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from provision.core.chain import Link, row_digest
from provision.core.value import Value, canonical_json

COMMAND = "history prune"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruning:
    """What a pruning leaves to check later runs by.

    Up to number `through` all changes are gone, and all runs but `kept`, each with the digest of its row; `hash` is
    what the next run builds on. `older` counts the runs that are left from before the chain began.
    """

    through: int
    hash: str | None
    kept: Mapping[int, str]
    older: int

    def as_text(self) -> str:
        """As the details of its run."""
        kept: list[Value] = [[seq, digest] for seq, digest in sorted(self.kept.items())]
        return canonical_json({"through": self.through, "hash": self.hash, "kept": kept, "older": self.older})


NEVER = Pruning(through=0, hash=None, kept={}, older=0)


def last_pruning(links: Sequence[Link]) -> Pruning:
    """The record of the latest pruning; where there was none, what the first run of the chain found."""
    for link in reversed(links):
        if link.columns.get("command") == COMMAND:
            return _read(link)
    first = links[0] if links else None
    return _read(first) if first and first.seq == 1 else NEVER


def genesis(older: int) -> str:
    """The details of the first run of a chain: how many runs there were before it, without a hash."""
    return canonical_json({"older": older})


def prune(links: Sequence[Link], needed: Collection[str], *, before: str, older: int) -> Pruning:
    """The record of a pruning of all that was begun before a moment, up to the first run that was not.

    `links` are in their order; of the `needed` runs the rows stay. `older` is how many unchained runs will be left.
    """
    former = last_pruning(links)
    through, hash_ = former.through, former.hash
    for link in links:
        if link.seq <= through:
            continue
        if not str(link.columns["started_at"]) < before:
            break
        through, hash_ = link.seq, link.hash
    kept = {link.seq: row_digest(link) for link in links if link.seq <= through and link.id in needed}
    return Pruning(through=through, hash=hash_, kept=kept, older=older)


def _read(link: Link) -> Pruning:
    """What somebody has edited reads as if there were nothing: its run's hash tells."""
    try:
        found = json.loads(str(link.columns["details"]))
        return Pruning(
            through=int(found.get("through", 0)),
            hash=found.get("hash"),
            kept={int(seq): str(digest) for seq, digest in found.get("kept", ())},
            older=int(found["older"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return NEVER
