"""The types of text that specs are made of: each says in words what it takes, and as a JSON Schema pattern."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

from provision.core.key_form import PREFIX_LENGTH, PREFIX_MEANING, PREFIX_PATTERN
from provision.core.moment import spelled
from provision.kinds.delivery_text import DELIVERY_MEANINGS
from provision.kinds.hash_forms import hash_meaning
from provision.kinds.hash_text import HASH_MEANINGS
from provision.kinds.source_text import SOURCE_MEANINGS
from provision.kinds.unfit import UnfitError as UnfitError  # noqa: PLC0414 -- this is where everybody looks for it
from provision.kinds.unfit import distinct

# A field that is left out is not managed; no validator ever sees this default.
OMITTED: Any = None

# The patterns are matched by Rust (pydantic), ECMAScript (editors) and Python (jsonschema): they keep to what means
# the same in all three. What \s takes differs only in characters that are refused here anyway.
#
# No control characters, no bidi or zero-width ones (invisible in a review), no slash (it parts an address),
# no white space at either end.
_INVISIBLE = r"\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff"
NAME_PATTERN = rf"^[^{_INVISIBLE}\s/]([^{_INVISIBLE}/]*[^{_INVISIBLE}\s/])?$"
LONG_NAME_PATTERN = rf"^[^{_INVISIBLE}\s]([^{_INVISIBLE}]*[^{_INVISIBLE}\s])?$"
LINE_PATTERN = rf"^[^{_INVISIBLE}]*$"
# The e-mail address of HTML forms (WHATWG HTML, "valid e-mail address"), with a dot required in the domain.
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL_PATTERN = rf"^[A-Za-z0-9.!#$%&'*+/=?^_`{{|}}~-]+@{_LABEL}(\.{_LABEL})+$"
PHONE_PATTERN = r"^\+?[0-9][0-9 ()./-]{2,30}$"
# RFC 3339 with an offset and no leap second; that the day exists is checked by datetime, which lets an offset of
# 05:99 pass, and in Python 3.14 the hour 24.
_TIME = "([01][0-9]|2[0-3]):[0-5][0-9]"
INSTANT_PATTERN = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    rf"[Tt ]{_TIME}:[0-5][0-9](\.[0-9]{{1,6}})?([Zz]|[+-]{_TIME})$"
)
DATE_PATTERN = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
TIME_PATTERN = r"^([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,6})?)?$"
DECIMAL_PATTERN = r"^-?[0-9]+(\.[0-9]+)?$"
# RFC 9562, section 4: either case in, lower case out.
UUID_PATTERN = "^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$"
# RFC 4648, section 4, with its padding.
BASE64_PATTERN = "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$"
# The form of Kubernetes labels ("Labels and Selectors"), with a slash allowed in keys.
LABEL_KEY_PATTERN = r"^[A-Za-z0-9]([A-Za-z0-9._/-]*[A-Za-z0-9])?$"
LABEL_VALUE_PATTERN = r"^([A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?)?$"
KEY_PREFIX_PATTERN = "^[A-Za-z0-9_-]{1,16}$"
KEY_ENDING_PATTERN = "^[A-Za-z0-9_-]{4}$"
# Printable ASCII without the space.
ALPHABET_PATTERN = "^[!-~]+$"
# A guard's name, and a plan's fingerprint as plans print it.
GUARD_PATTERN = "^[a-z][a-z_]{0,62}$"
FINGERPRINT_PATTERN = "^sha256:[0-9a-f]{64}$"
# For schemas alone: Rust's regular expressions have no references back.
REPEATED_PATTERN = r"(.).*\1.*$"

# Durations, without months and years, whose length depends on when they begin; ISO 8601 with one unit.
_ISO_DURATION = "P[1-9][0-9]{0,4}[WD]|PT[1-9][0-9]{0,4}[HMS]"
DURATION_PATTERN = f"^(([1-9][0-9]{{0,4}}[wdhms])+|{_ISO_DURATION})$"
OVERLAP_PATTERN = f"^(0s|([1-9][0-9]{{0,4}}[wdhms])+|{_ISO_DURATION})$"

# What to say when a pattern does not match: (message, hint).
MEANINGS = {
    NAME_PATTERN: (
        "not a valid name",
        "no slash, no control or invisible characters, no space at either end",
    ),
    LONG_NAME_PATTERN: ("not a valid name", "no control or invisible characters, no space at either end"),
    LINE_PATTERN: ("holds control or invisible characters", "write plain text on one line"),
    EMAIL_PATTERN: ("not an e-mail address", "write it as name@example.com"),
    INSTANT_PATTERN: (
        "not a date and time with an offset",
        "write it as 2027-06-30T00:00:00Z or 2027-06-30T00:00:00+02:00",
    ),
    LABEL_KEY_PATTERN: ("not a valid label", "letters, digits, dots, dashes, underscores, slashes"),
    LABEL_VALUE_PATTERN: ("not a valid label value", "letters, digits, dots, dashes, underscores"),
    DURATION_PATTERN: ("not a duration", "write it as 90d, 12h or 1h30m; months and years differ in length"),
    OVERLAP_PATTERN: ("not a duration", "write it as 7d, 12h or 0s; months and years differ in length"),
    DATE_PATTERN: ("not a date", "write it as 2027-06-30"),
    TIME_PATTERN: ("not a time of day", "write it as 14:30 or 14:30:05"),
    DECIMAL_PATTERN: ("not a decimal number", 'write it as 9.95 or "9.95"'),
    UUID_PATTERN: ("not a UUID", "write it as 123e4567-e89b-12d3-a456-426614174000"),
    BASE64_PATTERN: ("not base64", "encode the bytes with the alphabet of RFC 4648, padded with ="),
    PHONE_PATTERN: ("not a phone number", "digits, spaces and ()./-, with a + in front if you like"),
    KEY_PREFIX_PATTERN: ("not a key's prefix", "at most 16 letters, digits, dashes, underscores"),
    KEY_ENDING_PATTERN: ("not the last four characters of a key", "four letters, digits, dashes, underscores"),
    **DELIVERY_MEANINGS,
    PREFIX_PATTERN: ("not a prefix that a key is made with", f"{PREFIX_MEANING}, at most {PREFIX_LENGTH}"),
    ALPHABET_PATTERN: (
        "not an alphabet",
        "alphanumeric, hex, printable, or characters of printable ASCII without the space",
    ),
    GUARD_PATTERN: ("not the name of a guard", "write it as a refusal in plan --format json names it: removals"),
    FINGERPRINT_PATTERN: ("not a plan's fingerprint", "copy it from plan --format json: sha256: and 64 digits"),
    REPEATED_PATTERN: ("holds a character twice", "each character once"),
    **HASH_MEANINGS,
    **SOURCE_MEANINGS,
}


def meaning_of(pattern: str) -> tuple[str, str] | None:
    """What to say when a pattern does not match, and a hint; None for one that is not ours."""
    return MEANINGS.get(pattern) or hash_meaning(pattern)


def _instant(text: str) -> str:
    try:
        return spelled(datetime.fromisoformat(text.upper().replace(" ", "T")))
    except (ValueError, OverflowError):
        raise UnfitError("no such date or time in the calendar", "check the day of the month") from None


Name = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=NAME_PATTERN)]
# The key of a row in a table of somebody else's; its column may be shorter.
PART_OF_A_KEY = StringConstraints(min_length=1, max_length=255, pattern=LONG_NAME_PATTERN)
LongName = Annotated[str, PART_OF_A_KEY]
Line = Annotated[str, StringConstraints(max_length=256, pattern=LINE_PATTERN)]
ShortLine = Annotated[str, StringConstraints(min_length=1, max_length=64, pattern=LINE_PATTERN)]
Email = Annotated[str, StringConstraints(max_length=254, pattern=EMAIL_PATTERN)]
Phone = Annotated[str, StringConstraints(pattern=PHONE_PATTERN)]
KeyPrefix = Annotated[str, StringConstraints(pattern=KEY_PREFIX_PATTERN)]
KeyEnding = Annotated[str, StringConstraints(pattern=KEY_ENDING_PATTERN)]
# Without `format: date-time`, by which an editor would refuse the space that RFC 3339 allows in place of the T.
Instant = Annotated[str, StringConstraints(pattern=INSTANT_PATTERN), AfterValidator(_instant)]
Duration = Annotated[str, StringConstraints(max_length=32, pattern=DURATION_PATTERN)]
Overlap = Annotated[str, StringConstraints(max_length=32, pattern=OVERLAP_PATTERN)]
LabelKey = Annotated[str, StringConstraints(max_length=128, pattern=LABEL_KEY_PATTERN)]
LabelValue = Annotated[str, StringConstraints(max_length=63, pattern=LABEL_VALUE_PATTERN)]
_DISTINCT = (AfterValidator(distinct), Field(json_schema_extra={"uniqueItems": True}))
Names = Annotated[list[Name], *_DISTINCT]
LongNames = Annotated[list[LongName], *_DISTINCT]
Lines = Annotated[list[ShortLine], *_DISTINCT]
