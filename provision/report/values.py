"""How a value looks to a person; the only place that decides what is shown of a sensitive one."""

from __future__ import annotations

import json

from provision.core.duration import said
from provision.core.plan import FieldChange, Reason
from provision.core.value import NOW, Value
from provision.report.escape import printable

SENSITIVE = "(sensitive)"
PRIVATE = "(private)"
SHOWN_CHARACTERS = 200

# One encoder for all values: json.dumps with options builds a new one for each call.
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=repr)


def before_and_after(field: FieldChange) -> tuple[Value, Value]:
    """What a report may know of a field; nothing of a sensitive or private one, whatever somebody put in."""
    return (None, None) if _hidden(field) else (field.before, field.after)


def transition(field: FieldChange) -> str:
    """`before -> after`, or `(sensitive)`, or `(private)`."""
    return _hidden(field) or f"{shown(field.before)} -> {_after(field)}"


def outcome(field: FieldChange) -> str:
    """What a field of a new row will hold."""
    return _hidden(field) or _after(field)


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


def _hidden(field: FieldChange) -> str:
    """What stands for both values where they are not shown."""
    if field.sensitive:
        return SENSITIVE
    return PRIVATE if field.private else ""


def _after(field: FieldChange) -> str:
    if field.reason is Reason.REMOVAL and field.after == NOW:
        return "(now)"
    # Which moment it is, is known only when it is written.
    later = f" ({said(field.seconds)} after the apply)" if field.seconds else ""
    return shown(field.after) + later
