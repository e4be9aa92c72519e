"""A strategy for manifests that are wrong in one place or two: missing, superfluous, of another type, at a limit."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any, TypeAlias

from hypothesis import strategies as st

from tests.kinds.documents import (
    ARMORED,
    BCRYPT,
    SHA256,
    documents,
    generated,
    key_fields,
    keys,
    lifecycles,
    metadata,
    passwords,
    sources,
    user_fields,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Place = tuple[Any, Any]
Change: TypeAlias = "Callable[[st.DrawFn, Any, Any], None]"

LENGTHS = [0, 1, 2, 3, 4, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 253, 254, 255, 256, 257, 1024, 1025]
TELLING = [
    *("", " ", "/", "a/b", "é", "😀" * 64, "😀" * 65, "null", "true", "1", "User", "ApiKey", "Group", "provision/v2"),
    *(
        "active",
        "present",
        "absent",
        "always",
        "on_create",
        "ACTIVE",
        BCRYPT,
        SHA256,
        ARMORED,
        "+49 30/1234",
        "acme",
        "last",
    ),
    *("hex", "printable", "alphanumeric", "abcabc", "acme_", "ac__me", "1acme", "acme_1", "0123456789ABCDEF"),
    *("a@b.de", "a@b", "a@b..de", "@b.de", "a@-b.de", "a b@c.de", "ä@b.de", f"a@{'b' * 63}.de", f"a@{'b' * 64}.de"),
    *(
        "2027-02-30T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "9999-12-31T23:59:59-01:00",
        "2027-06-30",
        "2027-06-30T24:00:00Z",
    ),
    *("2027-06-30T00:00:00+05:99", "2027-06-30T23:59:60Z", "2027-06-30T00:00:00", "2027-06-30T00:00:00.1234567Z"),
]
ODD = [
    *"\0\t\n\r\x1b\x1c\x7f\x85\xa0\xad\u0378\u061c\u180e\u2003\u2028\u200b\u202e\u2066\u3000\ufeff\U000e0001",
    " ",
    "/",
    ".",
]
KEYS = [
    *("apiVersion", "kind", "metadata", "spec", "name", "labels", "previously", "lifecycle", "state", "on_remove"),
    *("prevent_removal", "ignore_changes", *user_fields, *key_fields, "user", "from", "from_", "hash", "update"),
    *("generate", "length", "alphabet", "rehash"),
    *(
        "version",
        "prefix",
        "last_four",
        "env",
        "file",
        "age",
        "command",
        "text",
        "extra",
        "",
        "a b",
        "a\n",
        "-a",
        "$ref",
        "😀",
        "k" * 128,
        "k" * 129,
    ),
]
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from([0, 15, 16, 24, 72, 73, 1, 1.0, 0.0, -1, 1.5, 2**63 - 1, 1e300]),
    st.sampled_from(TELLING),
    st.text(max_size=8),
)
anything = st.recursive(
    st.one_of(scalars, passwords, generated, keys, sources, lifecycles, metadata),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=3),
    max_leaves=4,
)


@st.composite
def spoilt_documents(draw: st.DrawFn) -> Any:
    """A valid document with a change or two anywhere in it; some of them leave it valid."""
    holder = [deepcopy(draw(documents))]
    for _ in range(draw(st.integers(1, 2))):
        change, is_open = draw(st.sampled_from(CHANGES))
        places = [place for place in _places(holder) if is_open(*place)]
        if places:
            change(draw, *draw(st.sampled_from(places)))
            # What was put in may be one of the samples above, which the next change must not touch.
            holder = deepcopy(holder)
    return holder[0] if holder else None


def _places(node: Any) -> Iterator[Place]:
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for key, value in items:
        yield node, key
        yield from _places(value)


def is_text(parent: Any, key: Any) -> bool:
    """Whether there is a text, and not one that nearly every change of would be refused for the same reason."""
    return isinstance(parent[key], str) and key not in {"apiVersion", "kind"}


def is_label(parent: Any, key: Any) -> bool:
    """Whether the key is one that people choose."""
    return isinstance(parent, dict) and key not in KEYS


def is_anything(_parent: Any, _key: Any) -> bool:
    """Every place will do."""
    return True


def edit(draw: st.DrawFn, parent: Any, key: Any) -> None:
    """Change a text."""
    parent[key] = _edited(draw, parent[key])


def rename(draw: st.DrawFn, parent: Any, key: Any) -> None:
    """Change the name of a label."""
    parent[_edited(draw, key)] = parent.pop(key)


def replace(draw: st.DrawFn, parent: Any, key: Any) -> None:
    """Put another value in the place of one."""
    parent[key] = draw(anything)


def remove(_draw: st.DrawFn, parent: Any, key: Any) -> None:
    """Leave something out."""
    del parent[key]


def add(draw: st.DrawFn, parent: Any, key: Any) -> None:
    """Say an item of a list twice, or write something under another key."""
    value = deepcopy(parent[key])
    if isinstance(parent, list):
        parent.append(value)
    else:
        parent[draw(st.sampled_from(KEYS))] = draw(st.just(value) | anything)


CHANGES: list[tuple[Change, Callable[[Any, Any], bool]]] = [
    *[(edit, is_text)] * 3,
    (rename, is_label),
    (replace, is_anything),
    (remove, is_anything),
    (add, is_anything),
]


def _edited(draw: st.DrawFn, text: str) -> str:
    at = draw(st.integers(0, len(text)))
    odd = st.sampled_from(ODD)
    return draw(
        st.one_of(
            odd.map(lambda character: text[:at] + character + text[at:]),
            odd.map(lambda character: text + character),
            st.sampled_from(LENGTHS).map(lambda length: ((text or "a") * length)[:length]),
            st.sampled_from([text.upper(), text.lower(), text[1:], text[:-1], text[:at] + text[at + 1 :]]),
        )
    )
