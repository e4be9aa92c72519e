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
    claims: dict[str, list[tuple[Claim, Delivery]]] = {}
    for delivery in deliveries:
        claim = _claim(delivery, places)
        if claim:
            others = claims.setdefault(claim.place, [])
            problems += [_problem(delivery, complaint) for complaint in _conflicts(claim, others)]
            others.append((claim, delivery))
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


def _conflicts(claim: Claim, others: list[tuple[Claim, Delivery]]) -> Iterator[Complaint]:
    """At most one complaint, about the first delivery that is in the way."""
    for other, delivery in others:
        at = f"first at {delivery.position}"
        if claim.form != other.form:
            yield Complaint(f"{claim.place} is delivered to in two forms, {at}", "give each form a file of its own")
            return
        if claim.entry == other.entry:
            what = f"{claim.entry} in {claim.place}" if claim.entry else claim.place
            yield Complaint(f"{what} is delivered to twice, {at}", "give each secret a place of its own")
            return


def _problem(delivery: Delivery, complaint: Complaint) -> Problem:
    return Problem(message=complaint.message, position=delivery.position, path=delivery.path, hint=complaint.hint)
