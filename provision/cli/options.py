"""The options that commands share, and the request that they make together."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from provision.core.ceiling import parse_ceiling
from provision.core.duration import parse_duration
from provision.core.moment import parse_as_of

# By which apply knows a saved plan from a manifest.
PLAN_SUFFIX = ".json"
FORMATS = ("text", "json", "markdown", "html")
Command = TypeVar("Command", bound=Callable[..., Any])


if TYPE_CHECKING:
    from provision.reconcile.request import Request

    ParamType = click.ParamType[Any]
else:  # older releases of click have no generic one
    ParamType = click.ParamType


class Parsed(ParamType):
    """An option whose text is read by one of the core's functions, which raise ValueError."""

    def __init__(self, name: str, parse: Callable[[str], Any]) -> None:
        self.name = name
        self._parse = parse

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Read the text; a default has been read already."""
        if not isinstance(value, str):
            return value
        try:
            return self._parse(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def _label(text: str) -> tuple[str, str]:
    key, sign, value = text.partition("=")
    if not key or not sign:
        raise ValueError("write a label as key=value")
    return key, value


def _fingerprint(text: str) -> str:
    if not re.fullmatch("sha256:[0-9a-f]{64}", text):
        raise ValueError("a fingerprint is sha256: and 64 hexadecimal digits, as plan prints it")
    return text


def _plan_file(text: str) -> Path:
    file = Path(text)
    if file.suffix != PLAN_SUFFIX:  # by which apply knows it
        raise ValueError(f"its name has to end in {PLAN_SUFFIX}")
    return file


AS_OF = Parsed("moment", parse_as_of)
DURATION = Parsed("duration", parse_duration)
FINGERPRINT = Parsed("fingerprint", _fingerprint)
LABEL = Parsed("label", _label)
MAX_REMOVALS = Parsed("number or share", parse_ceiling)
PLAN_FILE = Parsed("file", _plan_file)


def project_options(command: Command) -> Command:
    """Which project."""
    option = click.option(
        "--config",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Use this provision.toml (PROVISION_CONFIG).",
    )
    return option(command)


def format_options(command: Command) -> Command:
    """How to show it."""
    for option in (
        click.option("--no-color", "colour", flag_value=False, default=None, type=bool, help="Write no colours."),
        click.option("--format", "format_", type=click.Choice(FORMATS), default="text", show_default=True),
    ):
        command = option(command)
    return command


def plan_options(command: Command) -> Command:
    """What to plan: which files, which resources, and what the guards let pass."""
    decorators = (
        click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]..."),
        click.option(
            "--target", multiple=True, metavar="ADDRESS", help="Only this one and what it refers to; globs."
        ),
        click.option(
            "--exclude", multiple=True, metavar="ADDRESS", help="Not this one, nor what refers to it; globs."
        ),
        click.option("-l", "--label", "labels", multiple=True, type=LABEL, metavar="KEY=VALUE", help="Only these."),
        click.option("--prune", is_flag=True, help="Remove what is no longer in the manifests."),
        click.option(
            "--max-removals",
            type=MAX_REMOVALS,
            metavar="N|N%",
            help="Refuse more removals than that, whatever [guards] says (25% when it says nothing; a share counts "
            "from 10 managed resources on).",
        ),
        click.option("--allow-no-superuser", is_flag=True, help="Let the last enabled superuser go."),
        click.option("--take-over", is_flag=True, help="Take rows over that another project manages."),
    )
    for decorator in reversed(decorators):
        command = decorator(command)
    return command


def confirm_options(command: Command) -> Command:
    """What a terminal is asked, and what it is shown."""
    for option in (
        click.option(
            "--print-secrets",
            is_flag=True,
            help="Print what is generated with nowhere to go, once, on a terminal, after the commit.",
        ),
        click.option("-y", "--yes", is_flag=True, help="Do not ask, even on a terminal."),
    ):
        command = option(command)
    return command


def lock_option(command: Command) -> Command:
    """How long to wait for another run."""
    option = click.option(
        "--lock-timeout", type=DURATION, default="60s", show_default=True, metavar="DURATION", help="Wait for a lock."
    )
    return option(command)


def save_option(command: Command) -> Command:
    """Whether the plan is kept."""
    option = click.option(
        "-o", "--output", "save_to", type=PLAN_FILE, metavar="FILE.json", help="Save the plan, for apply FILE.json."
    )
    return option(command)


def expect_option(command: Command) -> Command:
    """Which plan was approved."""
    option = click.option(
        "--expect", type=FINGERPRINT, metavar="FINGERPRINT", help="Apply the plan with this fingerprint, or nothing."
    )
    return option(command)


def request_from(options: Mapping[str, Any]) -> Request:
    """The request that these options make; what an option's command lacks keeps its default."""
    from provision.cli.interrupts import heeding
    from provision.cli.progress import shown_progress
    from provision.core.guards import Limits
    from provision.core.select import Selection
    from provision.reconcile.request import Request

    return Request(
        here=Path.cwd(),
        environ=os.environ,
        config=options.get("config"),
        paths=tuple(options.get("paths", ())),
        selection=Selection(
            targets=tuple(options.get("target", ())),
            excludes=tuple(options.get("exclude", ())),
            labels=dict(options.get("labels", ())),
        ),
        prune=options.get("prune", False),
        limits=Limits(
            max_removals=options.get("max_removals"),
            allow_no_superuser=options.get("allow_no_superuser", False),
            take_over=options.get("take_over", False),
            print_secrets=options.get("print_secrets", False),
        ),
        as_of=options.get("as_of"),
        rotate=options.get("rotate", {}),
        expiring_within=options.get("fail_if_expiring"),
        save_to=options.get("save_to"),
        rollback=options.get("rollback"),
        lock_seconds=options.get("lock_timeout", 60.0),
        progress=heeding(shown_progress()),
    )
