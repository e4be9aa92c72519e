"""What every sink does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from provision.secrets.delivery.location import Location
from provision.secrets.delivery.values import Complaint, Delivery, Places


class Claim(NamedTuple):
    """What a delivery takes of a place: the whole of it, or an entry of it in some form."""

    place: str
    form: str
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """An open folder: its descriptor, where it is, and the name of a file that may be used to prepare another."""

    descriptor: int
    location: Location
    spare: str = ""


class SecretSink(Protocol):
    """A sort of place that secrets are delivered to; its methods raise UndeliverableError and OSError."""

    def complaints(self, delivery: Delivery, places: Places) -> Iterable[Complaint]:
        """What is missing, as far as it shows without the secret and its folder."""
        ...

    def claim(self, delivery: Delivery, places: Places) -> Claim | None:
        """What no other delivery of the run may take; None where there is room for all."""
        ...

    def location(self, delivery: Delivery, places: Places) -> Location:
        """The target, beside which it is staged; or the spool."""
        ...

    def rehearse(self, delivery: Delivery, value: bytes, folder: Folder) -> None:
        """Raise if the target, as it is now, would not take this value."""
        ...

    def content(self, delivery: Delivery, value: bytes) -> bytes:
        """What is staged of the value, and brought to `reveal`."""
        ...

    def reveal(self, staged: Sequence[tuple[Delivery, bytes]], folder: Folder, places: Places) -> None:
        """Bring what was staged for one target to it; may be done again."""
        ...
