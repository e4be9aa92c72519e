"""The sink `command`: a program that gets the secret on standard input once the database holds its hash."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from provision.secrets import program
from provision.secrets.delivery.sink import Folder
from provision.secrets.delivery.spooled import Spooled
from provision.secrets.delivery.values import Complaint, Delivery, Places, refused


class CommandSink(Spooled):
    """Runs the program, without a line break behind the secret."""

    def complaints(self, delivery: Delivery, places: Places) -> Iterable[Complaint]:
        """Whether the program may be run, and is there."""
        try:
            program.permitted(delivery.sink.command, places.commands, places.environ)
        except program.ProgramError as error:
            return [Complaint(error.message, error.hint)]
        return ()

    def claim(self, _delivery: Delivery, _places: Places) -> None:
        """Nothing: what a program does with it is not known here."""
        return

    def reveal(self, staged: Sequence[tuple[Delivery, bytes]], _folder: Folder, places: Places) -> None:
        """Run it; that it may be done again is the program's part."""
        for delivery, value in staged:
            complaint = _run(delivery.sink.command, value, places)
            if complaint:
                raise refused(complaint)


def _run(arguments: Sequence[str], value: bytes, places: Places) -> Complaint | None:
    """What went wrong."""
    try:
        program.run(
            arguments,
            allowed=places.commands,
            environ=places.environ,
            timeout=places.command_timeout,
            folder=places.folder,
            stdin=value,
        )
    except program.ProgramError as error:
        return Complaint(error.message, error.hint, error.said)
    return None
