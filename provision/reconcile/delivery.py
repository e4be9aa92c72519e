"""Who gets what is generated, as the manifests say, and the places that may be used for it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from provision.core.address import Address, Slot
from provision.core.secret import Secret
from provision.core.state import Record
from provision.database.target import Target
from provision.errors import Problem
from provision.kinds.secret_spec import SecretRequest
from provision.reconcile.request import Request
from provision.secrets import delivery
from provision.secrets.delivery import Delivery, Places
from provision.secrets.jail import jail_of
from provision.settings import Settings

# Beside provision.toml, for what goes to sinks without a file of their own.
SPOOL = ".provision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliveries:
    """Where the generated secrets of a project go, those out of a run's scope included."""

    by_slot: Mapping[Slot, Sequence[Delivery]]
    places: Places

    def of(self, slots: Iterable[Slot]) -> list[Delivery]:
        """The deliveries of these secrets."""
        return [item for slot in slots for item in self.by_slot.get(slot, ())]

    def everything(self) -> list[Delivery]:
        """Every delivery of the project."""
        return self.of(self.by_slot)

    def to_database(self, project: str, target: Target) -> Deliveries:
        """The same for this project and database: what is staged for another is none of theirs."""
        realm = hashlib.sha256(f"{project} {target.identity}".encode()).hexdigest()[:16]
        return replace(self, places=replace(self.places, realm=realm))

    def obstacles(self, slots: Collection[Slot]) -> list[Problem]:
        """What would keep these secrets from their places."""
        return delivery.check(self.of(slots), self.places)

    def conflicts(self) -> list[Problem]:
        """Places that two secrets of the project want, whether or not either is due."""
        return delivery.conflicts(self.everything(), self.places)

    def stage(self, run: str, secrets: Mapping[Slot, Secret]) -> None:
        """Put what is to be delivered on the disk; raises UndeliverableError when that cannot be."""
        wanted = [(item, secret) for slot, secret in secrets.items() for item in self.by_slot.get(slot, ())]
        delivery.stage(run, wanted, self.places)

    def at_hand(self, records: Mapping[Address, Record]) -> frozenset[Slot]:
        """Which of the secrets that wait for delivery are staged here."""
        pending = {
            (address, name): secret.pending
            for address, record in records.items()
            for name, secret in record.secrets.items()
            if secret.pending
        }
        if not pending:
            return frozenset()
        found = delivery.find_staged(self.of(pending), self.places)
        return frozenset(slot for slot, run in pending.items() if slot in found.get(run, ()))


def deliveries_of(requests: Iterable[SecretRequest], settings: Settings, request: Request) -> Deliveries:
    """Who gets what, as the manifests say; `to_database` says which database it is for."""
    secrets = settings.secrets
    places = Places(
        roots=jail_of(settings).roots,
        spool=settings.root.resolve() / SPOOL,
        commands=secrets.commands,
        command_timeout=secrets.command_seconds,
        environ=request.environ,
        folder=settings.root,
    )
    return Deliveries(by_slot=dict(_declared(requests, request.here)), places=places)


def _declared(requests: Iterable[SecretRequest], here: Path) -> Iterator[tuple[Slot, Sequence[Delivery]]]:
    for request in requests:
        if request.deliver_to:
            slot, folder = (request.address, request.field), (here / request.position.file).parent
            yield (
                slot,
                [
                    Delivery(
                        slot=slot,
                        sink=sink,
                        folder=folder,
                        position=request.position,
                        path=f"{request.deliver_path}[{place}]",
                    )
                    for place, sink in enumerate(request.deliver_to)
                ],
            )
