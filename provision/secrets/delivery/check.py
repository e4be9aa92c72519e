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


def check(deliveries: Sequence[Delivery], places: Places) -> list[Problem]:
    """A problem for each thing that keeps a delivery from its place."""
    return [
        _problem(delivery, complaint)
        for delivery in deliveries
        for complaint in dict.fromkeys(_complaints(delivery, places))
    ]


def conflicts(deliveries: Sequence[Delivery], places: Places) -> list[Problem]:
    """A problem for each delivery that may not go where it is to go, and for each two that want the same place.

    It is what the declarations tell by themselves: no place is looked at.
    """
    problems: list[Problem] = []
    forms: dict[str, tuple[str, Delivery]] = {}
    entries: dict[Claim, Delivery] = {}
    for delivery in deliveries:
        try:
            claim = sink_of(delivery).claim(delivery, places)
        except UndeliverableError as error:
            problems.append(_problem(delivery, told(error, "")))
            continue
        if claim is None:
            continue
        form, first = forms.setdefault(claim.place, (claim.form, delivery))
        if claim.form != form:
            message = f"{claim.place} is delivered to in two forms, first at {first.position}"
            problems.append(_problem(delivery, Complaint(message, "give each form a file of its own")))
        elif (other := entries.setdefault(claim, delivery)) is not delivery:
            what = f"{claim.entry} in {claim.place}" if claim.entry else claim.place
            message = f"{what} is delivered to twice, first at {other.position}"
            problems.append(_problem(delivery, Complaint(message, "give each secret a place of its own")))
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


def _problem(delivery: Delivery, complaint: Complaint) -> Problem:
    return Problem(message=complaint.message, position=delivery.position, path=delivery.path, hint=complaint.hint)
