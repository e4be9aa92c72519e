"""Revealing: what was staged comes to its targets, after the database was committed; it may be done again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from provision.secrets.delivery.folder import expect_private, open_folder
from provision.secrets.delivery.folders import by_folder
from provision.secrets.delivery.location import Location
from provision.secrets.delivery.private_file import SPARE, read_private
from provision.secrets.delivery.sink import Folder
from provision.secrets.delivery.sinks import sink_of
from provision.secrets.delivery.staged import staged_name
from provision.secrets.delivery.told import told
from provision.secrets.delivery.values import Complaint, Delivery, Places, UndeliverableError, Undelivered

NOT_STAGED = Complaint("nothing is staged for it by this run", "a new secret has to be made: provision rotate")


def reveal(run_id: str, deliveries: Sequence[Delivery], places: Places) -> list[Undelivered]:
    """Bring each to its target; what fails is returned, and stays staged. Nothing that was staged is removed."""
    groups, refusals = by_folder(deliveries, places)
    failures = [_failed(delivery, told(error, "")) for delivery, error in refusals]
    for group in groups:
        for together in _by_target(group):
            failures += _reveal(run_id, together[0][1], [delivery for delivery, _ in together], places)
    return failures


def _by_target(group: list[tuple[Delivery, Location]]) -> Iterator[list[tuple[Delivery, Location]]]:
    """What goes to one file goes there at once; in the spool each is for itself."""
    targets: dict[str, list[tuple[Delivery, Location]]] = {}
    for item in group:
        if item[1].name:
            targets.setdefault(item[1].name, []).append(item)
        else:
            yield [item]
    yield from targets.values()


def _reveal(run_id: str, location: Location, deliveries: list[Delivery], places: Places) -> list[Undelivered]:
    failures: list[Undelivered] = []
    staged: list[tuple[Delivery, bytes]] = []
    try:
        with open_folder(location, create=False) as descriptor:
            if not location.name:
                expect_private(descriptor)
            for delivery in deliveries:
                content = read_private(descriptor, staged_name(run_id, delivery, location, places))
                if content is None:
                    failures.append(_failed(delivery, NOT_STAGED))
                else:
                    staged.append((delivery, content))
            if staged:
                spare = staged_name(run_id, staged[0][0], location, places) + SPARE
                folder = Folder(descriptor=descriptor, location=location, spare=spare)
                sink_of(staged[0][0]).reveal(staged, folder, places)
    except (OSError, UndeliverableError) as error:
        complaint = told(error, location)
        return [_failed(delivery, complaint) for delivery in deliveries]
    return failures


def _failed(delivery: Delivery, complaint: Complaint) -> Undelivered:
    return Undelivered(delivery=delivery, message=complaint.message, hint=complaint.hint, said=complaint.said)
