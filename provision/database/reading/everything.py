"""Reading every row of some kinds, and what may be seen of them but not be declared."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.core.state import Row
from provision.database.binding.bound import Bindings, Bound, BoundField
from provision.database.binding.codec import codec_for
from provision.database.reading.reader import Reader, with_links
from provision.kinds.naming import column_of


async def read_everything(session: AsyncSession, bindings: Bindings, kinds: Collection[str]) -> dict[Address, Row]:
    """Every row of these kinds within their scopes, with `read_only` fields and no secret; one query for a kind."""
    rows: dict[Address, Row] = {}
    for name in sorted(kinds):
        bound = bindings[name]
        seen = replace(bound, fields={**bound.fields, **dict(_read_only(bound))})
        found = await Reader(seen, bindings).read_all(session)
        rows |= await with_links(session, bound, found, bindings)
    return rows


def _read_only(bound: Bound) -> Iterator[tuple[str, BoundField]]:
    for name, said in bound.kind.binding.fields.items():
        if said.read_only and not said.secret:
            attribute = column_of(name, bound.kind.binding)
            column = bound.columns[attribute]
            yield name, BoundField(attribute=attribute, column=column, codec=codec_for(column, said))
