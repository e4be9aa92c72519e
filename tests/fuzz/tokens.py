"""What files are spoilt with: what readers, terminals, databases and Python itself have stumbled over."""

from __future__ import annotations

import re
from typing import Any, Final

# What JSON cannot say stands in the data as a text such as RAW-1, and is put in its place when the file is written.
_RAW: Final = (
    "9" * 5000,
    "-" + "9" * 400,
    "1e999",
    "0x" + "f" * 60,
    "0777",
    "NaN",
    "-Infinity",
    ".inf",
    "inf",
    "[" * 3000 + "]" * 3000,
    "[" * 200_000,
    '{"a":' * 3000,
    "&a [*a, *a]",
    "!!python/object/apply:os.getcwd []",
    "{<<: {a: 1}}",
    "2027-06-30",
    "2027-06-30T00:00:00Z",
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59.999999-23:59",
    "00:00:60",
    '"\\ud800"',
    '"\\x1b[2J"',
    "1_000",
    "~",
)
_RAW_TEXTS: Final = tuple(f"RAW-{number}" for number in range(len(_RAW)))

TEXTS: Final = (
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\t",
        "\n",
        "a\r\nb",
        "\x1b[31mred\x1b[0m",
        "\x1b]8;;https://evil.example\x07x\x1b]8;;\x07",
    ),
    *("\x9b2J", "\x7f", "\x85", "\u2028", "\u202enimda", "\u2066x\u2069", "\u200b", "\ufeff", "\ufffe", "\ud800"),
    *("\udcff", "\U000e0041", "\U0010ffff", "e\u0301", "\u00e9", "\u0130", "\ufb03", "\ufdfa", "\u1100\u1161", "😀"),
    *("x" * 65, "x" * 300, "é" * 5000, "x" * 100_000, "a" + "\u0301" * 2000, "%" * 500, "*" * 300),
    *("| a | b |", "`" * 5, "```\n</details>", "<script>alert(1)</script>", "&lt;", "::error::x", "##[error]x"),
    *("%s%n", "{0}", "{x.__class__}", "$HOME", "$(id)", "%00", "%2F", "a/b", "..%2f", "'; DROP TABLE sys_user; --"),
    *("null", "true", "no", "0", "-1", "1.0", "1e400", "NaN", "0x10", "٣", "-9223372036854775809", "9" * 400),
    *("2027-02-30", "2027-06-30T00:00:00", "0000-00-00T00:00:00Z", "99999-01-01T00:00:00Z", "24:00:00"),
    *("0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2016-12-31T23:59:60Z", "2027-06-30T00:00:00+99:99"),
    *(
        "0s",
        "-1d",
        "1y",
        "P1D",
        "P1M",
        "999999999999d",
        "1h1h",
        "25%",
        "-5%",
        "1000000%",
        "*",
        "User/*",
        "User/[",
        "[",
    ),
    *("User", "User/alice", "ApiKey/alice/ci", "now", "alice", "first", "second", "a@b.c", "+" * 50, "(" * 500),
    *(
        "resource.spec",
        "true",
        "1/0 == 1",
        "duration('1h')",
        "'a'.matches('(a+)+$')",
        "[1].all(x, [1].all(y, x == y))",
    ),
    *(
        "sha256:" + "0" * 64,
        "$2b$31$" + "a" * 53,
        "$2b$04$",
        "-----BEGIN AGE ENCRYPTED FILE-----\n",
        "age1",
        "ssh-rsa AAAA",
    ),
)
"""No file system's root and no folder above is among them: a walk through the machine proves nothing."""

VALUES: Final[tuple[Any, ...]] = (
    *TEXTS,
    *_RAW_TEXTS,
    *(None, True, False, 0, 1, -1, 7, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 10**40, 10**4000),
    *(0.1, -0.0, 1e308, 5e-324, float("inf"), float("nan")),
    *([], {}, [[]], [{}], {"": ""}, [None], {"a": None}, [1, "1", 1.0], {"from": {"env": "CANARY_PASSWORD"}}),
)

BYTES: Final = (
    *(text.encode("utf-8", "surrogatepass") for text in TEXTS),
    *(text.encode() for text in _RAW),
    *(b"\xff", b"\xfe\xff", b"\xef\xbb\xbf", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x28"),
    *(b"---\n", b"...\n", b"%YAML 1.1\n", b"%TAG ! x\n", b"<<: ", b"&a ", b"*a ", b"!!str ", b"!x ", b"? ", b": "),
    *(b"{", b"}", b"[", b"]", b",", b"'", b'"', b"'''", b'"""', b"|\n", b">-\n", b"#", b"\\", b"\\u", b"=", b"."),
    *(
        b"[[kinds]]\n",
        b"[a.b]\n",
        b"\r",
        b"\r\n",
        b"\n",
        b"\n  ",
        b"\n    ",
        b"- ",
        b"\t",
        b"null",
        b"0",
        b"1979-05-27",
    ),
)


def as_written(text: str) -> bytes:
    """The text as UTF-8, surrogates too, with what the texts RAW-… stand for in their places."""
    whole = re.sub(r'"RAW-([0-9]+)"', lambda match: _RAW[int(match[1])], text)
    return whole.encode("utf-8", "surrogatepass")
