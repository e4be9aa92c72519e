"""What the ledger says that each run did, and whether all of it together is what is in the database."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.project import Project

_CHANGES = """
SELECT r.actor, c.address, c.fields FROM provision_run r JOIN provision_change c ON c.run_id = r.id
WHERE r.project = :project ORDER BY r.seq, c.position
"""


@dataclass(slots=True)
class Story:
    """The runs of a project, one after the other: who wrote, and what each field holds after all of them.

    `gaps` are the changes that did not begin with what the run before them had left: an update between was lost.
    """

    actors: list[str] = field(default_factory=list)
    values: dict[tuple[str, str], Any] = field(default_factory=dict)
    gaps: list[str] = field(default_factory=list)


def story_of(project: Project, name: str) -> Story:
    """What the history of the project of this name tells."""
    story = Story()
    for actor, address, fields in project.sql(_CHANGES, project=name):
        if actor not in story.actors:
            story.actors.append(actor)
        for item in json.loads(fields):
            place = (address, item["name"])
            if story.values.get(place) != item["before"]:
                story.gaps.append(f"{actor} found {item['before']} in {place}, left was {story.values.get(place)}")
            story.values[place] = item["after"]
    return story


def wrong_in(story: Story, project: Project) -> Iterator[str]:
    """What the users' e-mail addresses are, other than as the last run that wrote them left them."""
    found = {f"User/{name}": email for name, email in project.sql("SELECT username, email FROM sys_user")}
    told = {address: value for (address, name), value in story.values.items() if name == "email"}
    for address in sorted({*found, *told}):
        if address not in found or address not in told or found[address] != told[address]:
            yield f"{address} has {found.get(address, 'no row')}, and told is {told.get(address, 'nothing')}"
