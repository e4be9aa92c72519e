"""Strategies for valid manifests, written without the models' own patterns."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any

from hypothesis import strategies as st

Document = dict[str, Any]

ALPHANUMERIC = "abcxyzABCXYZ0189"
BCRYPT = "$2b$12$" + "abcdefghijklmnopqrstuv" + "./ABCDEFGHIJKLMNOPQRSTUVWXYZ012"
ARMORED = "-----BEGIN AGE ENCRYPTED FILE-----\nYWdlLWVuY3J5cHRpb24=\n-----END AGE ENCRYPTED FILE-----\n"
SHA256 = "0123456789abcdef" * 4

visible = st.characters(exclude_categories=["Cc", "Cf", "Cs", "Zl", "Zp"], exclude_characters="/")
names = st.text(visible, min_size=1, max_size=64).map(str.strip).filter(bool)
lines = st.text(visible | st.just("/"), min_size=1, max_size=64)
words = st.text(ALPHANUMERIC, min_size=1, max_size=63)
label_keys = st.builds("/".join, st.lists(words, min_size=1, max_size=2))
emails = st.builds(
    "{}@{}.{}".format, st.text(ALPHANUMERIC + "!#$%&'*+/=?^_`{|}~.-", min_size=1, max_size=64), words, words
)
phones = st.text("0123456789 ()./-", min_size=2, max_size=30).map("+1{}".format)
offsets = st.integers(-1439, 1439).map(lambda minutes: timezone(timedelta(minutes=minutes)))
instants = st.builds(
    lambda moment, separator: moment.isoformat(separator),
    st.datetimes(timezones=offsets).filter(lambda moment: 1 < moment.year < 9999),
    st.sampled_from("Tt "),
)


def some(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """A short list of different items."""
    return st.lists(strategy, max_size=3, unique=True)


sources = st.one_of(
    st.fixed_dictionaries({"env": st.text("AZaz_", min_size=1, max_size=128)}),
    st.fixed_dictionaries({"file": lines}),
    st.fixed_dictionaries({"age": st.fixed_dictionaries({"file": lines}) | st.just({"text": ARMORED})}),
    st.fixed_dictionaries({"command": st.lists(st.text(ALPHANUMERIC + "-/ ä\n"), min_size=1, max_size=3)}),
)
# 16 characters of 62 hold 95 bits, 20 of 16 hold 80, 40 of 4 too.
generated = st.one_of(
    st.fixed_dictionaries(
        {}, optional={"length": st.integers(16, 72), "alphabet": st.sampled_from(["alphanumeric", "printable"])}
    ),
    st.fixed_dictionaries({"length": st.integers(20, 72), "alphabet": st.just("hex")}),
    st.fixed_dictionaries({"length": st.integers(40, 72), "alphabet": st.sampled_from(["abcd", "~!\\$", "wxyz{}"])}),
)
passwords = st.one_of(
    st.fixed_dictionaries(
        {"from": sources}, optional={"update": st.sampled_from(["on_create", "always"]), "version": lines}
    ),
    st.fixed_dictionaries({"from": sources, "update": st.just("always"), "rehash": st.booleans()}),
    st.fixed_dictionaries(
        {"hash": st.just(BCRYPT)},
        optional={"update": st.sampled_from(["on_create", "always"]), "rehash": st.just(False)},
    ),
    st.fixed_dictionaries(
        {"generate": generated}, optional={"update": st.just("on_create"), "version": lines, "rehash": st.just(False)}
    ),
)
keys = st.one_of(
    st.fixed_dictionaries({"from": sources}),
    st.fixed_dictionaries(
        {"hash": st.just(SHA256)}, optional={"prefix": st.just("acme_"), "last_four": st.just("-Zz9")}
    ),
    st.fixed_dictionaries(
        {"generate": st.fixed_dictionaries({"prefix": st.sampled_from(["a", "acme", "A1_b2_c3", "z" * 16])})}
    ),
)
key_fields: dict[str, st.SearchStrategy[Any]] = {
    "scopes": some(lines),
    "is_active": st.booleans(),
    "expires_at": st.none() | instants,
    "key": keys,
}
user_fields: dict[str, st.SearchStrategy[Any]] = {
    "nickname": lines,
    "email": st.none() | emails,
    "phone": st.none() | phones,
    "avatar": st.none() | st.just("") | lines,
    "status": st.sampled_from(["active", "disabled"]),
    "is_superuser": st.booleans(),
    "is_staff": st.booleans(),
    "is_multi_login": st.booleans(),
    "password": passwords,
    "api_keys": st.lists(st.fixed_dictionaries({"name": names}, optional=key_fields), max_size=2),
}
lifecycles = st.fixed_dictionaries(
    {},
    optional={
        "state": st.sampled_from(["present", "created", "absent"]),
        "on_remove": st.sampled_from(["disable", "delete", "abandon"]),
        "prevent_removal": st.booleans(),
        "ignore_changes": some(names),
    },
).filter(lambda fields: not (fields.get("state") == "absent" and fields.get("prevent_removal")))
metadata = st.fixed_dictionaries(
    {"name": names},
    optional={
        "labels": st.dictionaries(label_keys, st.just("") | words, max_size=3),
        "previously": some(names),
        "lifecycle": lifecycles,
    },
)
envelope = {"apiVersion": st.just("provision/v1"), "metadata": metadata}
users: st.SearchStrategy[Document] = st.fixed_dictionaries(
    envelope | {"kind": st.just("User")}, optional={"spec": st.fixed_dictionaries({}, optional=user_fields)}
)
api_keys: st.SearchStrategy[Document] = st.fixed_dictionaries(
    envelope | {"kind": st.just("ApiKey"), "spec": st.fixed_dictionaries({"user": names}, optional=key_fields)},
)
documents = users | api_keys
