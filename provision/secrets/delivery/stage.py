"""Staging: every secret of a run is on the disk, complete, before the database refers to any of them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress

from provision.core.secret import Secret
from provision.secrets.delivery.discard import discard
from provision.secrets.delivery.folder import expect_private, locked, open_folder
from provision.secrets.delivery.folders import by_folder
from provision.secrets.delivery.location import Location
from provision.secrets.delivery.private_file import write_private
from provision.secrets.delivery.sink import Folder
from provision.secrets.delivery.sinks import sink_of
from provision.secrets.delivery.staged import staged_name
from provision.secrets.delivery.told import told
from provision.secrets.delivery.values import Complaint, Delivery, Places, UndeliverableError, refused

Wanted = Sequence[tuple[Delivery, Secret]]


def stage(run_id: str, wanted: Wanted, places: Places) -> None:
    """Put all of them on the disk, for good, or raise UndeliverableError and leave none there.

    Staging the same once more replaces it. Nothing is visible at the targets before `reveal`.
    """
    secrets = {id(delivery): secret for delivery, secret in wanted}
    deliveries = [delivery for delivery, _ in wanted]
    groups, refusals = by_folder(deliveries, places)
    for _, error in refusals:
        raise error
    complaint: Complaint | None = None
    is_done = False
    try:
        for group in groups:
            complaint = complaint or _stage_folder(run_id, group, secrets, places)
        is_done = complaint is None
    finally:
        if not is_done:
            with suppress(UndeliverableError):
                discard(run_id, deliveries, places)
    if complaint:
        raise refused(complaint)


def _stage_folder(
    run_id: str, group: list[tuple[Delivery, Location]], secrets: dict[int, Secret], places: Places
) -> Complaint | None:
    where: object = group[0][1]
    try:
        # Locked although nobody minds: a file system without locks is found out before the commit.
        with open_folder(group[0][1], create=True) as descriptor, locked(descriptor):
            if not group[0][1].name:
                expect_private(descriptor)
            for delivery, location in group:
                where = location
                value = _bytes(secrets[id(delivery)])
                sink = sink_of(delivery)
                sink.rehearse(delivery, value, Folder(descriptor=descriptor, location=location))
                name = staged_name(run_id, delivery, location, places)
                write_private(descriptor, name, sink.content(delivery, value))
            os.fsync(descriptor)
    except (OSError, UndeliverableError) as error:
        return told(error, where)
    return None


def _bytes(secret: Secret) -> bytes:
    text = secret.reveal()
    if any("\ud800" <= character <= "\udfff" for character in text):  # the error of encode() would hold the text
        raise refused(Complaint("the secret is not valid Unicode", "choose another"))
    return text.encode()
