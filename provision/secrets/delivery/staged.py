"""How what is staged is called: `.<target>.provision-<run>.<mark>` beside its target, `<run>.<mark>` in the spool.

The mark is made of the realm, the slot and the sink as declared: what was staged for a key is never taken for
another's that has its path now, nor for the same key with other recipients.
"""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Final

from provision.secrets.delivery.location import Location
from provision.secrets.delivery.private_file import SPARE
from provision.secrets.delivery.values import Delivery, Places

RUN: Final = re.compile("[0-9A-Za-z_-]{1,48}")
_NAME: Final = re.compile(
    rf"(?:\..+\.provision-)?({RUN.pattern})\.([0-9a-f]{{8}})[0-9a-f]{{16}}(?:{re.escape(SPARE)})?"
)


def staged_name(run_id: str, delivery: Delivery, location: Location, places: Places) -> str:
    """What is staged by that run for this delivery; raises ValueError for what cannot be a run's id."""
    if not RUN.fullmatch(run_id):
        raise ValueError("a run's id has up to 48 letters, digits, dashes and underscores")
    beside = f".{location.name}.provision-" if location.name else ""
    return f"{beside}{run_id}.{_digest(places.realm)[:8]}{_mark(delivery)}"


def run_of(name: str, places: Places) -> str | None:
    """The id of the run that staged a file of this name for this realm; None for any other file."""
    match = _NAME.fullmatch(name)
    return match[1] if match and match[2] == _digest(places.realm)[:8] else None


def _mark(delivery: Delivery) -> str:
    address, field = delivery.slot
    return _digest("\0".join((str(address), field, delivery.sink.model_dump_json(exclude_defaults=True))))[:16]


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()
