"""The sink `command`: a program that gets the secret on standard input once the database holds its hash."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence

from provision.core.secret import SHOWN
from provision.secrets import program
from provision.secrets.delivery.location import Location, spool
from provision.secrets.delivery.sink import Folder
from provision.secrets.delivery.values import Complaint, Delivery, Places, refused


class CommandSink:
    """Runs the program, without a line break behind the secret."""

    def complaints(self, delivery: Delivery, places: Places) -> Iterable[Complaint]:
        """Whether the program may be run, and is there."""
        name = delivery.sink.command[0]
        if name not in places.commands:
            allowed = ", ".join(sorted(places.commands)) or "none"
            return [Complaint(f"the program {name} is not allowed", f"the allowed programs are: {allowed}")]
        if shutil.which(name, path=places.environ.get("PATH")) is None:
            return [Complaint(f"the program {name} is not found", "install it, or add its folder to PATH")]
        return ()

    def claim(self, _delivery: Delivery, _places: Places) -> None:
        """Nothing: what a program does with it is not known here."""
        return

    def location(self, _delivery: Delivery, places: Places) -> Location:
        """The spool."""
        return spool(places)

    def rehearse(self, _delivery: Delivery, _value: bytes, _folder: Folder) -> None:
        """A program is not rehearsed."""

    def content(self, _delivery: Delivery, value: bytes) -> bytes:
        """The value."""
        return value

    def reveal(self, staged: Sequence[tuple[Delivery, bytes]], _folder: Folder, places: Places) -> None:
        """Run it; that it may be done again is the program's part."""
        for delivery, value in staged:
            complaint = _run(delivery.sink.command, value, places)
            if complaint:
                raise refused(complaint)


def _run(arguments: Sequence[str], value: bytes, places: Places) -> Complaint | None:
    """What went wrong, the secret blotted out wherever the program's own words hold it."""
    try:
        program.run(
            arguments,
            allowed=places.commands,
            environ=places.environ,
            timeout=places.command_timeout,
            stdin=value,
        )
    except Exception as error:
        if not (hasattr(error, "message") and hasattr(error, "hint")):
            raise
        told = Complaint(str(error.message), str(error.hint))
        shown = value.decode() or SHOWN
        return Complaint(*(text.replace(shown, SHOWN) for text in told))
    return None
