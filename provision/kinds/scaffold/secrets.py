"""Which columns hold secrets, by their names and their shapes, and how they seem to be stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provision.kinds.column import Family
from provision.kinds.scaffold.survey import ColumnSurvey, TableSurvey
from provision.kinds.scaffold.words import HASHED_KEYS, PASSWORDS, snake

# What a stored password begins with, by the codec that writes such ones.
_FORMS = (
    (("$2a$", "$2b$", "$2y$"), "bcrypt"),
    (("$argon2",), "argon2"),
    (("$scrypt$",), "scrypt"),
    (("$pbkdf2-",), "pbkdf2"),
    (("pbkdf2_sha", "bcrypt_sha256$", "bcrypt$", "argon2$", "scrypt$", "md5$"), "django"),
    (("pbkdf2:", "scrypt:"), "werkzeug"),
)
_BCRYPT_LENGTH = 60
_SHA256_LENGTH = 64
# Django 6.1, django.contrib.auth.base_user.AbstractBaseUser.
_DJANGO_LENGTH = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretColumn:
    """A secret: its field, its codec, the columns that go with it, and whether its form was seen or only guessed."""

    field: str
    column: str
    codec: str
    is_seen: bool
    beside: Mapping[str, str]


def looks_secret(column: ColumnSurvey) -> bool:
    """Whether a column may hold a password, whose stored form is worth a look at its beginning."""
    return snake(column.name) in PASSWORDS and _has_room(column, _BCRYPT_LENGTH)


def secrets_of(table: TableSurvey) -> Iterator[SecretColumn]:
    """The secrets of a table: at most one password, and keys that are kept as hashes."""
    passwords = [column for column in table.columns.values() if looks_secret(column)]
    for column in passwords[:1]:
        seen = next((codec for codec in map(_codec_of, column.prefixes) if codec), "")
        codec = seen or ("django" if _is_djangos(table, column) else "bcrypt")
        moment = _column(table, "password_changed_at", "last_password_changed_time", "password_updated_at")
        yield SecretColumn(
            field="password",
            column=column.name,
            codec=codec,
            is_seen=bool(seen),
            beside={"changed_at": moment} if moment else {},
        )
    for column in table.columns.values():
        if snake(column.name) in HASHED_KEYS and _has_room(column, _SHA256_LENGTH):
            stem = snake(column.name).removesuffix("_hash").removesuffix("_digest").removeprefix("hashed_")
            beside = {
                "prefix": _column(table, f"{stem}_prefix", "prefix"),
                "last_four": _column(table, f"{stem}_last_four", "last_four"),
            }
            yield SecretColumn(
                field=stem,
                column=column.name,
                codec="sha256",
                is_seen=False,
                beside={name: found for name, found in beside.items() if found},
            )


def _codec_of(prefix: str) -> str:
    return next((codec for beginnings, codec in _FORMS if prefix.startswith(beginnings)), "")


def _is_djangos(table: TableSurvey, column: ColumnSurvey) -> bool:
    is_custom_user = "last_login" in table.columns and column.facts.type.length == _DJANGO_LENGTH
    return table.id == "auth_user" or is_custom_user


def _has_room(column: ColumnSurvey, length: int) -> bool:
    return column.family is Family.TEXT and (column.facts.type.length or length) >= length


def _column(table: TableSurvey, *names: str) -> str:
    return next((column for name in names for column in table.columns if snake(column) == name), "")
