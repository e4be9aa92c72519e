"""What the ledger says that each run did, and whether all of it together is what is in the database."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from tests.project import Project

_CHANGES = """
SELECT r.actor, c.address, c.fields FROM provision_run r JOIN provision_change c ON c.run_id = r.id
WHERE r.project = :project ORDER BY r.seq, c.position
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One field that one run wrote: who, where, and what was there before and after."""

    actor: str
    address: str
    name: str
    before: Any
    after: Any


def steps_of(project: Project, name: str) -> list[Step]:
    """What the history of the project of this name tells, in the order in which it was written."""
    return [
        Step(actor=actor, address=address, name=item["name"], before=item["before"], after=item["after"])
        for actor, address, fields in project.sql(_CHANGES, project=name)
        for item in json.loads(fields)
    ]


def actors_of(steps: Sequence[Step]) -> list[str]:
    """Who wrote, one after the other."""
    return list(dict.fromkeys(step.actor for step in steps))


def gaps_in(steps: Sequence[Step]) -> Iterator[Step]:
    """The steps that do not begin with what the ones before them have left: an update in between was lost."""
    values: dict[tuple[str, str], Any] = {}
    for step in steps:
        if values.get((step.address, step.name)) != step.before:
            yield step
        values[step.address, step.name] = step.after


def wrong_after(steps: Sequence[Step], project: Project) -> Iterator[str]:
    """The users whose e-mail address is not as the last run that wrote it has left it."""
    found = {f"User/{name}": email for name, email in project.sql("SELECT username, email FROM sys_user")}
    told = {step.address: step.after for step in steps if step.name == "email"}
    for address in sorted({*found, *told}):
        if address not in found or address not in told or found[address] != told[address]:
            yield f"{address} has {found.get(address, 'no row')}, and told is {told.get(address, 'nothing')}"
