"""The sink `github_output`: an output of the step that runs the program, masked in the log before it is written."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from secrets import token_hex

from provision.secrets.delivery.private_file import write_all
from provision.secrets.delivery.sink import Claim, Folder
from provision.secrets.delivery.spooled import Spooled
from provision.secrets.delivery.told import told
from provision.secrets.delivery.values import Complaint, Delivery, Places, refused


class GithubOutputSink(Spooled):
    """Appends to the file of GITHUB_OUTPUT (docs.github.com, "Workflow commands for GitHub Actions")."""

    def complaints(self, _delivery: Delivery, places: Places) -> Iterable[Complaint]:
        """Whether this is a step of GitHub Actions: anywhere else, the mask would show what it hides."""
        if places.environ.get("GITHUB_ACTIONS") != "true" or not places.environ.get("GITHUB_OUTPUT"):
            return [Complaint("github_output works in GitHub Actions alone", "run it there, or deliver elsewhere")]
        return ()

    def claim(self, delivery: Delivery, _places: Places) -> Claim:
        """The output of this name."""
        return Claim(place="the outputs of the step", form="github_output", entry=delivery.sink.github_output.name)

    def reveal(self, staged: Sequence[tuple[Delivery, bytes]], _folder: Folder, places: Places) -> None:
        """Mask it, then append it; of two outputs with one name the runner takes the last."""
        for delivery, value in staged:
            for complaint in self.complaints(delivery, places):
                raise refused(complaint)
            _say(mask(value))
            try:
                _append(places.environ["GITHUB_OUTPUT"], delivery.sink.github_output.name, value)
            except OSError as error:
                raise refused(told(error, "the file of GITHUB_OUTPUT")) from None


def mask(value: bytes) -> bytes:
    """The command that hides a value in the log, on a line of its own (actions/toolkit, command.ts: escapeData)."""
    escaped = value.replace(b"%", b"%25").replace(b"\r", b"%0D").replace(b"\n", b"%0A")
    return b"\n::add-mask::" + escaped + b"\n"


def _say(line: bytes) -> None:
    """To standard error, which the runner reads too: standard output is for reports."""
    sys.stderr.flush()
    sys.stderr.buffer.write(line)
    sys.stderr.buffer.flush()


def _append(path: str, name: str, value: bytes) -> None:
    file = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        size = os.fstat(file).st_size
        gap = b"\n" if size and os.pread(file, 1, size - 1) != b"\n" else b""
        delimiter = f"ghadelimiter_{token_hex(16)}".encode()
        write_all(file, gap + name.encode() + b"<<" + delimiter + b"\n" + value + b"\n" + delimiter + b"\n")
    finally:
        os.close(file)
