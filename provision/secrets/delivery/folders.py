"""Deliveries by the folder in which they are staged, so that each is opened, listed and synced once."""

from __future__ import annotations

from collections.abc import Iterable

from provision.secrets.delivery.location import Location
from provision.secrets.delivery.sinks import sink_of
from provision.secrets.delivery.values import Delivery, Places, UndeliverableError

FolderKey = tuple[object, ...]


def by_folder(
    deliveries: Iterable[Delivery], places: Places
) -> tuple[list[list[tuple[Delivery, Location]]], list[tuple[Delivery, UndeliverableError]]]:
    """The deliveries with their locations, a list for each folder; and those whose location is refused."""
    groups: dict[FolderKey, list[tuple[Delivery, Location]]] = {}
    refusals: list[tuple[Delivery, UndeliverableError]] = []
    for delivery in deliveries:
        try:
            location = sink_of(delivery).location(delivery, places)
        except UndeliverableError as error:
            refusals.append((delivery, error))
        else:
            groups.setdefault((location.root, location.folders), []).append((delivery, location))
    return list(groups.values()), refusals
