"""What is compared: one declared resource, and all that is known of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from provision.core.address import Address
from provision.core.rotation import Forced, Sight
from provision.core.shape import KindShape
from provision.core.state import Record, Resource, Row, Verdict

# What was found of each secret with `update: always` whose row exists, under the row's name of today.
Verdicts = Mapping[tuple[Address, str], Verdict]


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """All that is known of one declared resource when it is compared.

    `now` is the moment by the database's clock. `staged` are the secrets that were made and not delivered yet, and
    that are at hand; `forced` a rotation that somebody asked for.
    """

    resource: Resource
    row: Row | None
    record: Record | None
    shape: KindShape
    renamed_from: Address | None = None
    verdicts: Verdicts = field(default_factory=dict)
    now: str = "1970-01-01T00:00:00Z"
    staged: Collection[tuple[Address, str]] = ()
    forced: Forced | None = None

    def sight(self, row: Row) -> Sight:
        """The row, now."""
        return Sight(row=row, shape=self.shape, now=self.now)

    def makes_generation(self, name: str) -> bool:
        """Whether writing this secret makes a row of its own, beside which the former one goes on for a while."""
        return self._has_generations(name) and not self.renamed_from

    def waits(self, name: str) -> bool:
        """Whether a new one waits for the run after a rename: written over, the former key would stop at once."""
        return self._has_generations(name) and self.renamed_from is not None

    def _has_generations(self, name: str) -> bool:
        return self.shape.generations and self.resource.secrets[name].generated
