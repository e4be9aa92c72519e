"""Sinks without a file of their own: what they are to get waits in the spool."""

from __future__ import annotations

from provision.secrets.delivery.location import Location, spool
from provision.secrets.delivery.sink import Folder
from provision.secrets.delivery.values import Delivery, Places


class Spooled:
    """What such sinks have in common."""

    def location(self, _delivery: Delivery, places: Places) -> Location:
        """The spool."""
        return spool(places)

    def rehearse(self, _delivery: Delivery, _value: bytes, _folder: Folder) -> None:
        """Nothing: what is beyond the spool cannot be tried."""

    def content(self, _delivery: Delivery, value: bytes) -> bytes:
        """The value."""
        return value
