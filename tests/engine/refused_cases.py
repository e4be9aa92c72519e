"""Values that a column cannot keep: each with the beginning of what is said of it."""

from __future__ import annotations

from tests.engine.value_cases import Case

FINER, LONG = "is finer than its column keeps", "is longer than 5 characters"
RANGE = "is more than "


def _case(name: str, type_: str, written: str, message: str, bound: str = "", *, everywhere: bool = True) -> Case:
    return Case(
        name=f"v_{name}",
        type=type_,
        written=written,
        postgresql=message,
        sqlite=message if everywhere else None,
        bound=bound,
    )


REFUSED = [
    _case("second", "postgresql.TIMESTAMP(precision=0)", '"2027-06-30T12:00:00.5Z"', FINER, everywhere=False),
    _case("thousandth", "postgresql.TIME(precision=3)", '"12:00:00.0005"', FINER, everywhere=False),
    _case("epoch", "BigInteger()", '"2027-06-30T12:00:00.5Z"', FINER, '{ type = "epoch" }'),
    _case("no_offset", "DateTime()", '"2027-06-30T12:00:00"', "not a date and time with an offset"),
    _case("no_day", "Date()", '"2027-02-30"', "no such date in the calendar"),
    _case("no_hour", "Time()", '"24:00"', "not a time of day"),
    _case("cents", "Numeric(10, 2)", "1.234", "does not fit into numeric(10, 2)"),
    _case("millions", "Numeric(10, 2)", "100000000", "does not fit into numeric(10, 2)"),
    _case("spelt", "Numeric(10, 2)", '"1_000"', "not a decimal number"),
    _case("small", "SmallInteger()", "32768", RANGE),
    _case("integer", "Integer()", "2147483648", RANGE, everywhere=False),
    _case("big", "BigInteger()", "9223372036854775808", "the number is too large"),
    _case("single", "REAL()", "1.0e+39", "is too large for its column", everywhere=False),
    _case("infinite", "Double()", ".inf", "infinity and not-a-number are not supported"),
    _case("varying", "String(5)", "abcdef", LONG),
    _case("padded", "CHAR(5)", "abcdef", LONG),
    _case("space", "CHAR(5)", '"ab "', "ends with a space, which its column does not keep"),
    _case("uuid", "Uuid()", "'123e4567'", "not a UUID", '{ type = "uuid" }'),
    _case("bytes", "LargeBinary()", "AP8", "not base64"),
    _case("yes", "Boolean()", "'true'", "must be true or false"),
    _case(
        "status",
        "SmallInteger()",
        "aktive",
        "must be 'active' or 'disabled'",
        "{ values = { active = 1, disabled = 0 } }",
    ),
    _case(
        "twice",
        "DateTime()",
        '"2027-10-31T01:30:00Z"',
        "comes twice in its column's time zone",
        '{ timezone = "Europe/Berlin" }',
    ),
]
