"""Finding what earlier runs staged, from what is declared now alone."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Mapping, Sequence

from provision.core.address import Slot
from provision.secrets.delivery.folder import open_folder
from provision.secrets.delivery.folders import by_folder
from provision.secrets.delivery.location import Location
from provision.secrets.delivery.staged import run_of, staged_name
from provision.secrets.delivery.told import told
from provision.secrets.delivery.values import Delivery, Places, refused


def find_staged(deliveries: Sequence[Delivery], places: Places) -> Mapping[str, frozenset[Slot]]:
    """By run, the slots for which it staged every delivery that they have now.

    A run of which anything at all is left has an entry, empty where no slot is complete. It costs one look into each
    folder. Raises UndeliverableError when one is there and cannot be looked into: what it holds is not lost yet.
    """
    wanted: dict[Slot, int] = defaultdict(int)
    for delivery in deliveries:
        wanted[delivery.slot] += 1
    there: dict[str, dict[Slot, int]] = {}
    for group in by_folder(deliveries, places)[0]:
        names = staged_in(group[0][1], places)
        for run in sorted(set(names.values())):
            counts = there.setdefault(run, defaultdict(int))
            for delivery, location in group:
                counts[delivery.slot] += staged_name(run, delivery, location, places) in names
    return {
        run: frozenset(slot for slot, count in counts.items() if count == wanted[slot])
        for run, counts in there.items()
    }


def staged_in(location: Location, places: Places) -> Mapping[str, str]:
    """The names of all that is staged in a folder for this realm, each with its run."""
    try:
        with open_folder(location, create=False) as descriptor:
            return {name: run for name in _names(descriptor) if (run := run_of(name, places))}
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise refused(told(error, location)) from None


def _names(folder: int) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries]
