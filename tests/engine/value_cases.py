"""Values of every type: how a manifest writes them, and what the database has to hold for them."""

from __future__ import annotations

from dataclasses import dataclass

BIG = "123456789012345678901234567890.123456789"
NFC, NFD = "\u00e9", "e\u0301"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A column of this type (SQLAlchemy's spelling), the value in a manifest, and the same as each database says it.

    `postgresql` is the text that it casts the value to, `sqlite` the literal that it quotes it as; None leaves that
    database out. `bound` is what provision.toml says of the field.
    """

    name: str
    type: str
    written: str
    postgresql: str | None
    sqlite: str | None
    bound: str = ""

    def is_for(self, database: str) -> bool:
        """Whether the database has the type, and can hold the value."""
        if database == "mysql":
            return not self.type.startswith("postgresql.") and MYSQL.get(self.name, "") is not None
        return database == "postgresql" or self.sqlite is not None

    def held_by(self, database: str) -> str | None:
        """What the database holds."""
        if database == "mysql":
            return MYSQL.get(self.name, self.postgresql)
        return self.sqlite if database == "sqlite" else self.postgresql


def _case(name: str, type_: str, written: str, *held: str | None) -> Case:
    """`held` is what PostgreSQL says, what SQLite says, and what is bound."""
    postgresql, sqlite, *bound = held
    return Case(
        name=f"v_{name}",
        type=type_,
        written=written,
        postgresql=postgresql,
        sqlite=sqlite,
        bound="".join(filter(None, bound)),
    )


# What MySQL says where that is not what PostgreSQL says; None leaves it out.
MYSQL: dict[str, str | None] = {
    # A NUMERIC without a precision has no digits after the point.
    "v_free": None,
    "v_free_big": None,
    # A REAL is a double.
    "v_single": None,
    # Spelt otherwise.
    "v_offset": "2027-06-30 06:30:00.123456",
    "v_minus": "0",
    "v_huge": "1e308",
    "v_float": "0.00000025",
    "v_yes": "1",
    # MariaDB's JSON is a LONGTEXT to whoever reads the table.
    "v_document": None,
    "v_no_document": None,
}
AT = '"2027-06-30T12:00:00.000000Z"'
CASES = [
    _case(
        "offset",
        "DateTime(timezone=True).with_variant(mysql.DATETIME(fsp=6), 'mysql', 'mariadb')",
        '"2027-06-30T12:00:00.123456+05:30"',
        "2027-06-30 06:30:00.123456+00",
        "'2027-06-30 06:30:00.123456'",
    ),
    _case("seconds", "postgresql.TIMESTAMP(precision=0)", AT, "2027-06-30 12:00:00", None),
    _case(
        "naive", "DateTime()", '"2027-06-30T01:00:00+02:00"', "2027-06-29 23:00:00", "'2027-06-29 23:00:00.000000'"
    ),
    _case(
        "summer",
        "DateTime()",
        AT,
        "2027-06-30 14:00:00",
        "'2027-06-30 14:00:00.000000'",
        '{ timezone = "Europe/Berlin" }',
    ),
    _case(
        "winter",
        "DateTime()",
        '"2027-01-30T12:00:00Z"',
        "2027-01-30 13:00:00",
        "'2027-01-30 13:00:00.000000'",
        '{ timezone = "Europe/Berlin" }',
    ),
    _case("day", "Date()", '"2028-02-29"', "2028-02-29", "'2028-02-29'"),
    _case("clock", "Time()", '"14:30"', "14:30:00", "'14:30:00.000000'"),
    _case(
        "fine_clock",
        "Time().with_variant(mysql.TIME(fsp=6), 'mysql', 'mariadb')",
        '"23:59:59.000007"',
        "23:59:59.000007",
        "'23:59:59.000007'",
    ),
    _case("price", "Numeric(10, 2)", "9.9", "9.90", "9.9"),
    _case("debt", "Numeric(10, 2)", '"-12345678.95"', "-12345678.95", "-12345678.95"),
    _case("nought", "Numeric(10, 2)", '"-0.00"', "0.00", "0"),
    _case("free", "Numeric()", "1.10", "1.1", "1.1"),
    _case("free_big", "Numeric()", f'"{BIG}"', BIG, None),
    _case("whole", "Numeric(20, 0)", '"12345678901234567890"', "12345678901234567890", None),
    _case("small", "SmallInteger()", "-32768", "-32768", "-32768"),
    _case("integer", "Integer()", "2147483647", "2147483647", "2147483647"),
    _case("big", "BigInteger()", "9223372036854775807", "9223372036854775807", "9223372036854775807"),
    _case("least", "BigInteger()", "-9223372036854775808", "-9223372036854775808", "-9223372036854775808"),
    _case("single", "REAL()", "0.1", "0.1", "0.1"),
    _case("double", "Double()", "0.1", "0.1", "0.1"),
    _case("exact", "Double()", "0.1234567890123456", "0.1234567890123456", "1.23456789012345594103e-01"),
    _case("huge", "Double()", "1.0e+308", "1e+308", "1.0e+308"),
    _case("minus", "Double()", "-0.0", "-0", None),
    _case("float", "Float()", "2.5e-7", "2.5e-07", "2.5e-07"),
    _case(
        "document",
        "JSON()",
        '{"b": 1, "a": {"z": null, "y": [1, null, 2.5, "é"]}}',
        '{"b": 1, "a": {"z": null, "y": [1, null, 2.5, "\\u00e9"]}}',
        """'{"b": 1, "a": {"z": null, "y": [1, null, 2.5, "\\u00e9"]}}'""",
    ),
    _case("no_document", "JSON()", "null", None, "NULL"),
    _case(
        "binary_document",
        "postgresql.JSONB()",
        '{"b": 1, "a": {"z": null, "y": [1, null, 2.5]}}',
        '{"a": {"y": [1, null, 2.5], "z": null}, "b": 1}',
        None,
    ),
    _case(
        "text_document",
        "Text()",
        '{"b": [1, null], "a": {}}',
        '{"a":{},"b":[1,null]}',
        """'{"a":{},"b":[1,null]}'""",
        '{ type = "json" }',
    ),
    _case("text_decimal", "Text()", '"12.50"', "12.5", "'12.5'", '{ type = "decimal" }'),
    _case(
        "words", "postgresql.ARRAY(Text())", '["b", "a", "b", "", "{x,\\"y\\"}"]', '{b,a,b,"","{x,\\"y\\"}"}', None
    ),
    _case("numbers", "postgresql.ARRAY(Integer())", "[3, 1, 2]", "{3,1,2}", None),
    _case("nfc", "Text()", f'"{NFC}"', NFC, f"'{NFC}'"),
    _case("nfd", "Text()", f'"{NFD}"', NFD, f"'{NFD}'"),
    _case("spaces", "Text()", '"  a  "', "  a  ", "'  a  '"),
    _case("varying", "String(5)", '"ab  "', "ab  ", "'ab  '"),
    _case("padded", "CHAR(5)", '"ab"', "ab", "'ab'"),
    _case("emoji", "String(2)", '"😀é"', "😀é", "'😀é'"),
    _case(
        "quotes",
        "Text()",
        '"O\'Brien \\"x\\" \\\\ %s :y $1 ; --"',
        'O\'Brien "x" \\ %s :y $1 ; --',
        "'O''Brien \"x\" \\ %s :y $1 ; --'",
    ),
    _case("lines", "Text()", '"a\\nb\\tc"', "a\nb\tc", "'a\nb\tc'"),
    _case("empty", "Text()", '""', "", "''"),
    _case("nothing", "Text()", "null", None, "NULL"),
    _case("word", 'Enum("free", "pro plan", name="tier")', '"pro plan"', "pro plan", "'pro plan'"),
    _case(
        "uuid",
        "Uuid()",
        '"123E4567-E89B-12D3-A456-426614174000"',
        "123e4567-e89b-12d3-a456-426614174000",
        "'123e4567e89b12d3a456426614174000'",
        '{ type = "uuid" }',
    ),
    _case("bytes", "LargeBinary()", '"AP8n"', "\\x00ff27", "X'00FF27'"),
    _case("epoch", "BigInteger()", '"2027-06-30T12:00:00Z"', "1814356800", "1814356800", '{ type = "epoch" }'),
    _case(
        "epoch_ms",
        "BigInteger()",
        '"1969-12-31T23:59:59.999Z"',
        "-1",
        "-1",
        '{ type = "epoch_ms" }',
    ),
    _case("status", "SmallInteger()", "active", "1", "1", "{ values = { active = 1, disabled = 0 } }"),
    _case("yes", "Boolean()", "true", "true", "1"),
    _case("closed_at", "DateTime()", "active", None, "NULL", '{ values = { active = "null", disabled = "now" } }'),
]
