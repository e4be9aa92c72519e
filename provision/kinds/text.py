"""The types of text that specs are made of: each says in words what it takes, and as a JSON Schema pattern."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

# A field that is left out is not managed; no validator ever sees this default.
OMITTED: Any = None

# No control characters, no bidi or zero-width ones (invisible in a review), no slash (it parts an address),
# no white space at either end.
_INVISIBLE = r"\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
NAME_PATTERN = rf"^[^{_INVISIBLE}\s/]([^{_INVISIBLE}/]*[^{_INVISIBLE}\s/])?$"
LINE_PATTERN = rf"^[^{_INVISIBLE}]*$"
# The e-mail address of HTML forms (WHATWG HTML, "valid e-mail address"), with a dot required in the domain.
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL_PATTERN = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(\.{_LABEL})+$"
# RFC 3339 with an offset; the calendar itself is checked by datetime.
INSTANT_PATTERN = (
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?([Zz]|[+-][0-9]{2}:[0-9]{2})$"
)
# The form of Kubernetes labels ("Labels and Selectors"), with a slash allowed in keys.
LABEL_KEY_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$"
LABEL_VALUE_PATTERN = r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"

# What to say when a pattern does not match: (message, hint).
MEANINGS = {
    NAME_PATTERN: (
        "not a valid name",
        "no slash, no control or invisible characters, no space at either end",
    ),
    LINE_PATTERN: ("holds control or invisible characters", "write plain text on one line"),
    EMAIL_PATTERN: ("not an e-mail address", "write it as name@example.com"),
    INSTANT_PATTERN: (
        "not a date and time with an offset",
        "write it as 2027-06-30T00:00:00Z or 2027-06-30T00:00:00+02:00",
    ),
    LABEL_KEY_PATTERN: ("not a valid label", "letters, digits, dots, dashes, underscores, slashes"),
    LABEL_VALUE_PATTERN: ("not a valid label value", "letters, digits, dots, dashes, underscores"),
}


def canonical_instant(moment: datetime) -> str:
    """The one spelling of a moment: RFC 3339 in UTC, microseconds only when there are any."""
    text = moment.astimezone(UTC).isoformat()
    return text.removesuffix("+00:00") + "Z"


def _instant(text: str) -> str:
    try:
        return canonical_instant(datetime.fromisoformat(text.upper().replace(" ", "T")))
    except (ValueError, OverflowError):
        raise ValueError("no such date or time in the calendar") from None


def _distinct(items: list[str]) -> list[str]:
    if len(set(items)) != len(items):
        raise ValueError("holds the same item twice")
    return items


Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NAME_PATTERN)]
Line = Annotated[str, StringConstraints(max_length=256, pattern=LINE_PATTERN)]
ShortLine = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=LINE_PATTERN)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=EMAIL_PATTERN)]
Instant = Annotated[
    str,
    StringConstraints(pattern=INSTANT_PATTERN),
    AfterValidator(_instant),
    Field(json_schema_extra={"format": "date-time"}),
]
LabelKey = Annotated[str, StringConstraints(max_length=128, pattern=LABEL_KEY_PATTERN)]
LabelValue = Annotated[str, StringConstraints(max_length=63, pattern=LABEL_VALUE_PATTERN)]
_DISTINCT = (AfterValidator(_distinct), Field(json_schema_extra={"uniqueItems": True}))
Names = Annotated[list[Name], *_DISTINCT]
Lines = Annotated[list[ShortLine], *_DISTINCT]
