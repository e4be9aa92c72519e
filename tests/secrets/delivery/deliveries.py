"""Deliveries for the tests, and what lies on the disk after them."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from provision.core.address import Address
from provision.core.secret import Secret
from provision.errors import Position
from provision.kinds.delivery_spec import DeliverySpec
from provision.secrets.delivery import Delivery, Places, discard, reveal, stage

RUN = "0190b8a1-5c2d-7f3e-8a4b-1c2d3e4f5a6b"
SECRET = "acme_0123456789abcdefghijABCDEFGHIJ123456"


def delivery(folder: Path, sink: dict[str, Any], *, owner: str = "ci", line: int = 1) -> Delivery:
    """The key of this owner to this sink, declared in a manifest of the folder."""
    return Delivery(
        slot=(Address("ApiKey", ("bot", owner)), "key"),
        sink=DeliverySpec.model_validate(sink),
        folder=folder,
        position=Position(file="ci.yaml", line=line),
        path="spec.deliver_to",
    )


def places(folder: Path, *, realm: str = "", commands: tuple[str, ...] = (), **environ: str) -> Places:
    """Everything below the folder, and a spool beside it that is not there yet."""
    return Places(
        roots=(folder.resolve(),),
        spool=folder / "spool",
        commands=commands,
        command_timeout=20,
        environ={"PATH": os.environ["PATH"]} | environ,
        realm=realm,
    )


def deliver(wanted: Mapping[str, Delivery] | list[tuple[Delivery, str]], where: Places, *, run: str = RUN) -> None:
    """The whole protocol but for the database."""
    pairs = wanted if isinstance(wanted, list) else [(one, secret) for secret, one in wanted.items()]
    deliveries = [one for one, _ in pairs]
    stage(run, [(one, Secret(secret)) for one, secret in pairs], where)
    assert reveal(run, deliveries, where) == []
    discard(run, deliveries, where)


def below(folder: Path) -> Iterator[Path]:
    """All files below a folder, without following links."""
    for top, _, names in os.walk(folder):
        yield from (Path(top) / name for name in names)


def mode(path: Path) -> int:
    """The permission bits of what is there, of a link its own."""
    return stat.S_IMODE(path.lstat().st_mode)


def left_over(folder: Path) -> list[str]:
    """What looks staged below a folder."""
    return sorted(path.name for path in below(folder) if ".provision-" in path.name or path.parent.name == "spool")
