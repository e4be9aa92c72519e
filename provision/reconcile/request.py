"""What somebody asks for: which project, which files, how much of them, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from provision.core.guards import Limits
from provision.core.select import Selection


def no_progress(label: str, done: int, total: int) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One run as it was asked for; `here` is the folder that paths on the command line are relative to.

    `progress` is told what is going on, how much of it is done, and out of how much.
    """

    here: Path
    environ: Mapping[str, str]
    config: Path | None = None
    paths: tuple[Path, ...] = ()
    selection: Selection = field(default_factory=Selection)
    prune: bool = False
    limits: Limits = field(default_factory=Limits)
    lock_seconds: float = 60
    progress: Callable[[str, int, int], None] = no_progress
