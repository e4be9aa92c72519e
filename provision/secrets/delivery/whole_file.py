"""Sinks whose target is a file that holds the one secret: it is staged beside it as it will be, and copied over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from provision.kinds.delivery_spec import AgeFileDelivery, FileDelivery, KubernetesSecretDelivery
from provision.secrets.delivery.folder import locked
from provision.secrets.delivery.location import Location, target
from provision.secrets.delivery.private_file import expect_file_or_nothing, replace
from provision.secrets.delivery.sink import Claim, Folder
from provision.secrets.delivery.values import Complaint, Delivery, Places


class WholeFile:
    """A file whose content is the value; others encode it first."""

    def spec(self, delivery: Delivery) -> FileDelivery | AgeFileDelivery | KubernetesSecretDelivery:
        """What the manifest says of the file."""
        spec: FileDelivery | AgeFileDelivery | KubernetesSecretDelivery
        spec = getattr(delivery.sink, delivery.sink.sink())
        return spec

    def complaints(self, _delivery: Delivery, _places: Places) -> Iterable[Complaint]:
        """Nothing: all that a file needs is a place."""
        return ()

    def claim(self, delivery: Delivery, places: Places) -> Claim:
        """The whole file."""
        return Claim(place=str(self.location(delivery, places)), form=delivery.sink.sink())

    def location(self, delivery: Delivery, places: Places) -> Location:
        """The file."""
        return target(self.spec(delivery).path, delivery, places)

    def rehearse(self, _delivery: Delivery, _value: bytes, folder: Folder) -> None:
        """Whatever a regular file holds is replaced; anything else is refused."""
        expect_file_or_nothing(folder.descriptor, folder.location.name)

    def content(self, _delivery: Delivery, value: bytes) -> bytes:
        """The value, without a line break at its end: readers that take every byte and those that do not agree."""
        return value

    def reveal(self, staged: Sequence[tuple[Delivery, bytes]], folder: Folder, _places: Places) -> None:
        """Copy it over the target: a link would let whoever edits the target change what is staged."""
        with locked(folder.descriptor):
            for _, content in staged:
                replace(folder.descriptor, folder.location.name, folder.spare, content)
