"""Carrying out a statement in a savepoint, and finding the rows to blame when the database refuses it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import Executable
from sqlalchemy.ext.asyncio import AsyncSession

from provision.core.address import Address
from provision.database.errors import translated
from provision.database.writing.values import Cell
from provision.errors import DatabaseError, Position, Problem, RowsRefusedError

# After so many documents a run stops looking for more: the cause is likely the same.
MOST_PROBLEMS = 20
# What is no longer declared comes first.
_NOWHERE = Position(file="", line=0)
Result = TypeVar("Result")


class Item(NamedTuple):
    """What one resource contributes to a statement: its parameters, and for the blame what it writes, and where."""

    address: Address
    parameters: Any
    cells: Sequence[Cell] = ()
    path: str = ""


Write = Callable[[Sequence[Item]], Awaitable[Result]]
Explain = Callable[[Item, DatabaseError], Awaitable[Problem]]


class Attempts:
    """Statements of many items, each in a savepoint; `explain` says which document and field an error is about.

    What was refused is remembered, so that other batches of the same step add theirs, until `settle` raises it.
    """

    def __init__(self, session: AsyncSession, explain: Explain) -> None:
        self.session = session
        self._explain = explain
        self._problems: list[Problem] = []

    @property
    def has_refused(self) -> bool:
        """Whether anything was refused since it was settled last."""
        return bool(self._problems)

    async def make(self, items: Sequence[Item], write: Write[Result]) -> Result | None:
        """What `write` makes of the items; None when some of them are refused.

        Any other failure is raised at once, and so is a refusal that no item alone is to blame for.
        """
        result, refusal = await self._try(items, write)
        if refusal is not None:
            known = len(self._problems)
            await self._search(items, write, refusal)
            if len(self._problems) == known:
                raise refusal
            if len(self._problems) >= MOST_PROBLEMS:
                self.settle()
        return result

    async def refuse(self, item: Item, refusal: DatabaseError) -> None:
        """Remember the one item that a refusal is about."""
        if len(self._problems) < MOST_PROBLEMS:
            self._problems.append(await self._explain(item, refusal))

    def settle(self) -> None:
        """Raise RowsRefusedError with what was refused, in the order of the files, if anything was."""
        if self._problems:
            raise RowsRefusedError(sorted(self._problems, key=lambda problem: problem.position or _NOWHERE))

    async def _search(self, items: Sequence[Item], write: Write[Result], refusal: DatabaseError) -> None:
        """Halve what is refused until single items are left: about two statements for each halving.

        The halves that pass stay written, since an item may conflict with one before it.
        """
        if len(items) == 1:
            await self.refuse(items[0], refusal)
            return
        middle = len(items) // 2
        for half in (items[:middle], items[middle:]):
            _, refused = await self._try(half, write)
            if refused is not None:
                await self._search(half, write, refused)
            if len(self._problems) >= MOST_PROBLEMS:
                return

    async def _try(
        self, items: Sequence[Item], write: Write[Result]
    ) -> tuple[Result, None] | tuple[None, DatabaseError]:
        refusal: DatabaseError | None = None
        try:
            with translated():
                async with self.session.begin_nested():
                    try:
                        with translated():
                            return await write(items), None
                    except DatabaseError as error:
                        refusal = error
                        raise
        except DatabaseError as error:
            if refusal is not None and error is not refusal:
                # The savepoint is gone along with the transaction: SQLite's RAISE(ROLLBACK) ends it, and a full disk.
                raise refusal from None
            # A lost connection or a deadlock is no row's fault, and may have ended the transaction.
            if error.facts is None:
                raise
            return None, error


def executed(session: AsyncSession, statement: Executable) -> Write[None]:
    """To execute a statement once for each item, with the parameters of all in one round."""

    async def write(items: Sequence[Item]) -> None:
        connection = await session.connection()
        await connection.execute(statement, [item.parameters for item in items])

    return write
