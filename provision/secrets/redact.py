"""What other programs said, without the lines that hold a secret, as it is or in a disguise that programs use."""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Iterable, Iterator
from urllib.parse import quote, quote_plus

WITHHELD = "(a line with a secret in it)"
# Shorter texts are found by chance in base64 or hex, and are no secrets to anybody who guesses.
_SHORTEST_DISGUISED = 6


def forms_of(secrets: Iterable[str]) -> frozenset[str]:
    """Every text, in lower case, by which one of the secrets is given away, or a line of one."""
    pieces = {piece for secret in secrets for piece in _pieces(secret)}
    return frozenset(form.lower() for piece in pieces for form in _forms(piece) if form)


def withheld(lines: Iterable[str], forms: Collection[str]) -> tuple[str, ...]:
    """The lines, each that holds one of the forms in upper or lower case replaced."""
    lowered = ((line, line.lower()) for line in lines)
    return tuple(WITHHELD if any(form in lower for form in forms) else line for line, lower in lowered)


def _pieces(secret: str) -> set[str]:
    return {secret.strip(), *map(str.strip, secret.splitlines())}


def _forms(text: str) -> Iterator[str]:
    yield text
    if len(text) < _SHORTEST_DISGUISED:
        return
    data = text.encode("utf-8", "surrogatepass")
    yield text[::-1]
    yield data.hex()
    for core in _base64_cores(data):
        yield core
        yield core.translate(str.maketrans("+/", "-_"))
    for ascii_only in (True, False):
        yield json.dumps(text, ensure_ascii=ascii_only)[1:-1]
    yield repr(text)[1:-1]
    yield repr(data)[2:-1]
    for kept in ("", "/", " +"):
        yield quote(data, safe=kept)
    yield quote_plus(data)


def _base64_cores(data: bytes) -> Iterator[str]:
    """What is in Base64 of any text around the data, which may begin at each of the 3 places in a group.

    A character stands for 6 bits (RFC 4648, section 4); those that share bits with the neighbours are left out.
    """
    for before in range(3):
        encoded = base64.b64encode(bytes(before) + data).decode()
        yield encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
