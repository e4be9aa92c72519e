"""The sink `file`: the secret alone (raw), a variable among others (env), or a member of an object (json)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from provision.secrets.delivery.env_text import merge_env
from provision.secrets.delivery.folder import locked
from provision.secrets.delivery.json_text import merge_json
from provision.secrets.delivery.location import Location, target
from provision.secrets.delivery.private_file import read_target, replace
from provision.secrets.delivery.sink import Claim, Folder, SecretSink
from provision.secrets.delivery.values import Complaint, Delivery, Places
from provision.secrets.delivery.whole_file import WholeFile

Merge = Callable[[bytes | None, dict[str, str]], bytes]


class Entries:
    """A file of entries: what is staged is the value alone, which is merged into the file as it is by then."""

    def __init__(self, merge: Merge) -> None:
        self._merge = merge

    def complaints(self, _delivery: Delivery, _places: Places) -> Iterable[Complaint]:
        """Nothing: all that a file needs is a place."""
        return ()

    def claim(self, delivery: Delivery, places: Places) -> Claim:
        """One entry of the file."""
        spec = delivery.sink.file
        return Claim(place=str(self.location(delivery, places)), form=spec.format, entry=spec.name)

    def location(self, delivery: Delivery, places: Places) -> Location:
        """The file."""
        return target(delivery.sink.file.path, delivery, places)

    def rehearse(self, delivery: Delivery, value: bytes, folder: Folder) -> None:
        """Merge it, and write nothing."""
        self._merged([(delivery, value)], folder)

    def content(self, _delivery: Delivery, value: bytes) -> bytes:
        """The value alone."""
        return value

    def reveal(self, staged: Sequence[tuple[Delivery, bytes]], folder: Folder, _places: Places) -> None:
        """Set these entries in the file, and keep all others."""
        with locked(folder.descriptor):
            replace(folder.descriptor, folder.location.name, folder.spare, self._merged(staged, folder))

    def _merged(self, staged: Sequence[tuple[Delivery, bytes]], folder: Folder) -> bytes:
        entries = {delivery.sink.file.name: value.decode() for delivery, value in staged}
        return self._merge(read_target(folder.descriptor, folder.location.name), entries)


FORMATS: Final[Mapping[str, SecretSink]] = {
    "raw": WholeFile(),
    "env": Entries(merge_env),
    "json": Entries(merge_json),
}


class FileSink:
    """Leaves everything to the format."""

    def complaints(self, delivery: Delivery, places: Places) -> Iterable[Complaint]:
        """What the format lacks."""
        return _format(delivery).complaints(delivery, places)

    def claim(self, delivery: Delivery, places: Places) -> Claim | None:
        """The file, or an entry of it."""
        return _format(delivery).claim(delivery, places)

    def location(self, delivery: Delivery, places: Places) -> Location:
        """The file."""
        return _format(delivery).location(delivery, places)

    def rehearse(self, delivery: Delivery, value: bytes, folder: Folder) -> None:
        """See whether the file takes it."""
        _format(delivery).rehearse(delivery, value, folder)

    def content(self, delivery: Delivery, value: bytes) -> bytes:
        """As the format stages it."""
        return _format(delivery).content(delivery, value)

    def reveal(self, staged: Sequence[tuple[Delivery, bytes]], folder: Folder, places: Places) -> None:
        """All of one file have one format, or the run is refused."""
        _format(staged[0][0]).reveal(staged, folder, places)


def _format(delivery: Delivery) -> SecretSink:
    return FORMATS[delivery.sink.file.format]
