"""What the stages of delivery pass to each other; none of it holds a secret."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from provision.core.address import Slot
from provision.errors import Position, ProvisionError
from provision.kinds.delivery_spec import DeliverySpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One secret to one sink: the resource and its field, what the manifest says, and where it says so.

    Relative paths start at `folder`, the manifest's; `position` and `path` are for problems.
    """

    slot: Slot
    sink: DeliverySpec
    folder: Path
    position: Position
    path: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """What sinks may use.

    `roots` are the resolved folders below which files may be written, `spool` is the folder for what is staged for
    sinks without a file of their own, `commands` are the allowed programs, and each has `command_timeout` seconds.
    They run in `folder`. `realm` tells one database from another: what was staged for another realm is neither seen
    nor touched.
    """

    roots: tuple[Path, ...]
    spool: Path
    commands: Collection[str] = ()
    command_timeout: float = 60.0
    environ: Mapping[str, str]
    folder: Path | None = None
    realm: str = ""


class Complaint(NamedTuple):
    """What stands in the way of a delivery, what to do about it, and the last words of a program that failed.

    In those are no lines with the secret that is delivered; there may be others in them.
    """

    message: str
    hint: str
    said: tuple[str, ...] = ()


class UndeliverableError(ProvisionError):
    """A secret cannot be staged or delivered; neither message nor hint holds it.

    `said` is as in a Complaint.
    """

    def __init__(self, message: str, *, hint: str = "", said: tuple[str, ...] = ()) -> None:
        super().__init__(message, hint=hint)
        self.said = said


@dataclass(frozen=True, slots=True, kw_only=True)
class Undelivered:
    """A delivery that failed; what was staged for it is still there, and it may be tried again."""

    delivery: Delivery
    message: str
    hint: str
    said: tuple[str, ...] = field(default=(), repr=False)


def refused(complaint: Complaint) -> UndeliverableError:
    """The complaint as an error, to be raised."""
    return UndeliverableError(complaint.message, hint=complaint.hint, said=complaint.said)
