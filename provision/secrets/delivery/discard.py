"""Removing what was staged: when it is delivered, or when the run that it is for was not committed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence

from provision.secrets.delivery.find import staged_in
from provision.secrets.delivery.folder import open_folder
from provision.secrets.delivery.folders import by_folder
from provision.secrets.delivery.location import Location
from provision.secrets.delivery.private_file import SPARE, remove
from provision.secrets.delivery.staged import staged_name
from provision.secrets.delivery.told import told
from provision.secrets.delivery.values import Delivery, Places, UndeliverableError, refused

Group = list[tuple[Delivery, Location]]


def discard(run_id: str, deliveries: Sequence[Delivery], places: Places) -> None:
    """Remove what that run staged for these deliveries; raises UndeliverableError at the end if some is left."""

    def names(group: Group) -> Iterable[str]:
        return [staged_name(run_id, delivery, location, places) for delivery, location in group]

    _remove(names, deliveries, places)


def discard_run(run_id: str, deliveries: Sequence[Delivery], places: Places) -> None:
    """Remove all that the run left in the folders of these deliveries and in the spool, whatever it was for."""

    def names(group: Group) -> Iterable[str]:
        found = staged_in(group[0][1], places)
        return sorted({name.removesuffix(SPARE) for name, run in found.items() if run == run_id})

    _remove(names, deliveries, places)


def _remove(names: Callable[[Group], Iterable[str]], deliveries: Sequence[Delivery], places: Places) -> None:
    failed = None
    for group in by_folder(deliveries, places)[0]:
        try:
            with open_folder(group[0][1], create=False) as descriptor:
                for name in names(group):
                    remove(descriptor, name + SPARE)
                    remove(descriptor, name)
                os.fsync(descriptor)
        except FileNotFoundError:
            continue
        except (OSError, UndeliverableError) as error:
            failed = told(error, group[0][1])
    if failed:
        raise refused(failed)
