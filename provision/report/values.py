"""How a value looks to a person; the only place that decides what is shown of a sensitive one."""

from __future__ import annotations

import json

from provision.core.duration import said
from provision.core.plan import FieldChange, Reason
from provision.core.value import NOW, Value
from provision.report.escape import printable

SENSITIVE = "(sensitive)"
SHOWN_CHARACTERS = 200

# One encoder for all values: json.dumps with options builds a new one for each call.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=repr)


def before_and_after(field: FieldChange) -> tuple[Value, Value]:
    """What a report may know of a field; nothing of a sensitive one, whatever somebody put in."""
    return (None, None) if field.sensitive else (field.before, field.after)


def transition(field: FieldChange) -> str:
    """`before -> after`, or `(sensitive)`."""
    if field.sensitive:
        return SENSITIVE
    return f"{shown(field.before)} -> {_after(field)}"


def outcome(field: FieldChange) -> str:
    """What a field of a new row will hold."""
    return SENSITIVE if field.sensitive else _after(field)


def shown(value: Value) -> str:
    """The value on one line as JSON spells it, printable; a long one is cut, with its length."""
    if isinstance(value, str):
        text, closing_quote = _ENCODER.encode(value[:SHOWN_CHARACTERS])[:-1], '"'
        length = len(value)
    else:
        text, closing_quote = _ENCODER.encode(value), ""
        length = len(text)
        text = text[:SHOWN_CHARACTERS]
    if length <= SHOWN_CHARACTERS:
        return printable(text) + closing_quote
    return f"{printable(text)}…{closing_quote} ({length:,} characters)"


def _after(field: FieldChange) -> str:
    if field.reason is Reason.REMOVAL and field.after == NOW:
        return "(now)"
    # Which moment it is, is known only when it is written.
    later = f" ({said(field.seconds)} after the apply)" if field.seconds else ""
    return shown(field.after) + later
