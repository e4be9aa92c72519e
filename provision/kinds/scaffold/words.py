"""The names that applications give to tables and columns, and what follows from them."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, count

# What frameworks and habits put before the name of a table.
_PREFIXES = frozenset(
    ("account", "accounts", "admin", "api", "app", "auth", "authentication", "core", "django", "main", "public",
     "sys", "t", "tb", "tbl", "user", "users")
)  # fmt: skip
_SINGULAR = {"people": "person", "children": "child", "news": "news", "series": "series", "data": "data"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_OF_REFERENCE = re.compile(r"_?(id|fk|uuid|guid|pk)$", re.IGNORECASE)

KEYS = (
    "username", "name", "slug", "code", "key", "email", "user_name", "login", "email_address", "handle", "identifier",
    "codename", "domain", "path", "title", "label",
)  # fmt: skip
"""Columns that name a row, the best first."""
PASSWORDS = frozenset(
    ("password", "passwd", "pwd", "hashed_password", "password_hash", "encrypted_password", "password_digest")
)
HASHED_KEYS = frozenset(
    ("key_hash", "hashed_key", "api_key_hash", "token_hash", "hashed_token", "key_digest", "token_digest")
)
BARE_SECRETS = frozenset(
    ("token", "secret", "api_key", "access_token", "refresh_token", "secret_key", "client_secret", "otp_secret",
     "totp_secret", "private_key", "salt", "password_salt")
)  # fmt: skip
POWERS = ("is_superuser", "is_staff", "is_admin", "is_superadmin", "superuser")
ACTIVE = ("is_active", "active", "is_enabled", "enabled")
INACTIVE = ("is_disabled", "disabled", "is_deleted", "deleted", "is_archived", "archived", "is_blocked", "blocked")
ENDED = ("disabled_at", "deactivated_at", "deleted_at", "archived_at", "revoked_at")
CREATED = frozenset(
    ("created", "created_at", "created_on", "created_time", "create_time", "date_created", "creation_date",
     "creation_time", "inserted_at")
)  # fmt: skip
UPDATED = frozenset(
    ("updated", "updated_at", "updated_on", "updated_time", "update_time", "date_updated", "modified", "modified_at",
     "modified_on", "date_modified", "last_modified", "last_updated")
)  # fmt: skip
LOGIN = re.compile(r"(last|current)_(login|log_in|sign_in|seen|used|active|activity|access)|(login|sign_in)_count")
WORDS_OF_ACTIVE = ("active", "enabled")
WORDS_OF_DISABLED = ("disabled", "inactive", "blocked", "suspended", "archived")


def snake(name: str) -> str:
    """A name in lower case with underscores, whatever its author's habit."""
    return "_".join(word.lower() for word in _WORD.findall(name))


def kind_names(tables: Mapping[str, str], taken: Sequence[str] = ()) -> Mapping[str, str]:
    """A name for each table's kind: without an application's prefix where the rest is still a name of its own.

    `tables` maps what the answer is keyed by to names without their schemas; `taken` are kinds that there are.
    """
    words = {id_: _words(table) for id_, table in tables.items()}
    full = {id_: _camel(_singular_last(found)) for id_, found in words.items()}
    short = {id_: _camel(_singular_last(found)) for id_, found in _without_prefix(words).items()}
    names: dict[str, str] = {}
    for id_ in tables:
        alone = list(short.values()).count(short[id_]) == 1 and short[id_] not in taken
        names[id_] = _distinct(short[id_] if alone else full[id_], {*names.values(), *taken})
    return names


def reference_name(column: str, referred: str = "id") -> str:
    """What people write for a foreign key: `user` for `user_id`, and for `user_code` where it leads to a `code`."""
    name = snake(column)
    return _OF_REFERENCE.sub("", name).removesuffix(f"_{snake(referred)}") or name


def plural(word: str) -> str:
    """The plural of a word in lower case; a word that seems to be one stays."""
    if word.endswith("s") and not word.endswith("ss"):
        return word
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("ss", "x", "ch", "sh")) else f"{word}s"


def singular(word: str) -> str:
    """The singular of a word in lower case; a word that seems to be one stays."""
    if word in _SINGULAR:
        return _SINGULAR[word]
    if word.endswith("ies") and len(word) > len("ties"):
        return f"{word[:-3]}y"
    if word.endswith(("sses", "xes", "ches", "shes")):
        return word[:-2]
    is_plural = word.endswith("s") and not word.endswith(("ss", "us", "is"))
    return word[:-1] if is_plural else word


def _words(table: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(table)]


def _without_prefix(tables: Mapping[str, list[str]]) -> Mapping[str, list[str]]:
    """The words of each name, less the first where that is an application's and others follow."""
    firsts = {words[0] for words in tables.values() if words}
    shared = firsts if len(tables) > 1 and len(firsts) == 1 else set()
    return {
        id_: words[1:] if len(words) > 1 and words[0] in _PREFIXES | shared else words
        for id_, words in tables.items()
    }


def _singular_last(words: list[str]) -> list[str]:
    return [*words[:-1], singular(words[-1])] if words else []


def _camel(words: list[str]) -> str:
    name = "".join(word.capitalize() for word in words)[:63]
    return name if name[:1].isalpha() else f"Row{name}"


def _distinct(name: str, known: Collection[str]) -> str:
    """The name, with a number where it is known already."""
    return next(one for one in chain([name], (f"{name}{number}" for number in count(2))) if one not in known)
