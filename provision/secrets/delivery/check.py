"""What is wrong with deliveries before anything is written, and before any secret is made: all of it at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from provision.errors import Problem
from provision.secrets.delivery.folder import expect_private, open_folder
from provision.secrets.delivery.sink import Claim, Folder
from provision.secrets.delivery.sinks import sink_of
from provision.secrets.delivery.told import told
from provision.secrets.delivery.values import Complaint, Delivery, Places, UndeliverableError

_PLACEHOLDER: Final = b"x"
# The first delivery of each form and entry that a place is claimed in.
_Taken = dict[tuple[str, str], Delivery]


def check(deliveries: Sequence[Delivery], places: Places) -> list[Problem]:
    """A problem for each thing that keeps a delivery from its place."""
    return [
        _problem(delivery, complaint)
        for delivery in deliveries
        for complaint in dict.fromkeys(_complaints(delivery, places))
    ]


def conflicts(deliveries: Sequence[Delivery], places: Places) -> list[Problem]:
    """A problem for each two deliveries that want the same place, as far as can be told without a look at it."""
    problems: list[Problem] = []
    places_taken: dict[str, _Taken] = {}
    for delivery in deliveries:
        claim = _claim(delivery, places)
        if claim:
            taken = places_taken.setdefault(claim.place, {})
            complaint = _conflict(claim, taken)
            problems += [_problem(delivery, complaint)] if complaint else ()
            taken.setdefault((claim.form, claim.entry), delivery)
    return problems


def _complaints(delivery: Delivery, places: Places) -> Iterator[Complaint]:
    sink = sink_of(delivery)
    yield from sink.complaints(delivery, places)
    where: object = delivery.sink.sink()
    try:
        where = location = sink.location(delivery, places)
        if not location.root.is_dir():
            yield Complaint(f"the folder {location.root} is not there", "make it: nothing is made above it")
            return
        with open_folder(location, create=False) as descriptor:
            if not location.name:
                expect_private(descriptor)
            sink.rehearse(delivery, _PLACEHOLDER, Folder(descriptor=descriptor, location=location))
    except FileNotFoundError:
        return  # the folder will be made
    except (OSError, UndeliverableError) as error:
        yield told(error, where)


def _claim(delivery: Delivery, places: Places) -> Claim | None:
    try:
        return sink_of(delivery).claim(delivery, places)
    except UndeliverableError:
        return None


def _conflict(claim: Claim, taken: _Taken) -> Complaint | None:
    """What is wrong with one more claim of a place, by the first delivery that is in the way."""
    in_the_way = taken.get((claim.form, claim.entry))
    if in_the_way:
        what = f"{claim.entry} in {claim.place}" if claim.entry else claim.place
        message = f"{what} is delivered to twice, first at {in_the_way.position}"
        return Complaint(message, "give each secret a place of its own")
    # All that are taken have one form, but for those that were complained of.
    (form, _), other = next(iter(taken.items()), ((claim.form, None), None))
    if other is None or form == claim.form:
        return None
    message = f"{claim.place} is delivered to in two forms, first at {other.position}"
    return Complaint(message, "give each form a file of its own")


def _problem(delivery: Delivery, complaint: Complaint) -> Problem:
    return Problem(message=complaint.message, position=delivery.position, path=delivery.path, hint=complaint.hint)
