"""How a kind is bound to its table: the tables `[kinds.X]` of provision.toml."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Scalar = bool | int | float | str | None


IDENTIFIER = r"^[A-Za-z_][A-Za-z0-9_]*$"


# A column, as its table or its mapped class calls it; databases take any character but NUL in a quoted name.
COLUMN = r"^[^\u0000-\u001f\u007f]{1,128}$"


# `package.module:name`, the form of entry points (packaging.python.org, "Entry points specification").
OBJECT_PATH = r"^[A-Za-z_][A-Za-z0-9_.]*:[A-Za-z_][A-Za-z0-9_.]*$"


# What no operating system takes in a path is a NUL.
PATH = r"^[^\u0000]*$"


KIND = r"^[A-Z][A-Za-z0-9]{0,62}$"


Identifier = Annotated[str, Field(pattern=IDENTIFIER)]


ColumnName = Annotated[str, Field(pattern=COLUMN)]


ObjectPath = Annotated[str, Field(pattern=OBJECT_PATH)]


FilePath = Annotated[str, Field(pattern=PATH)]


KindName = Annotated[str, Field(pattern=KIND)]


# The names of the codecs that provision.secrets has.
Codec = Literal[
    "bcrypt",
    "argon2",
    "scrypt",
    "pbkdf2",
    "django",
    "werkzeug",
    "sha256",
    "hmac_sha256",
    "plaintext",
]


# Those of them that are of passwords.
PasswordForm = Literal["bcrypt", "argon2", "scrypt", "pbkdf2", "django", "werkzeug"]


FieldType = Literal[
    "text", "boolean", "integer", "number", "decimal", "date", "time", "datetime", "epoch", "epoch_ms", "uuid",
    "json", "bytes",
]  # fmt: skip


def _as_written(value: Any) -> Any:
    """TOML's own dates and times as manifests write them, which is as text."""
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, (date, time)) else value


# A value in the manifest's words.
Plain = Annotated[Any, BeforeValidator(_as_written)]


Generator = Literal["now", "uuid4", "uuid7"]


class Table(BaseModel):
    """A TOML table: strict types, no unknown keys."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


class FieldBinding(Table):
    """How one field of a spec is stored."""

    column: ColumnName | None = Field(
        default=None, description="The column (the mapped attribute, for a `model`) when its name is not the field's."
    )
    type: FieldType | None = Field(
        default=None, description="What the column holds, where the database does not tell, as JSON kept in a text."
    )
    values: dict[str, Scalar] | None = Field(
        default=None,
        description="What people write, and what is stored for it: `{ active = 1, disabled = 0 }`. "
        'For a moment that may be null: `{ active = "null", disabled = "now" }`.',
    )
    default: Plain = Field(
        default=None,
        description="What a new row gets when the manifest leaves the field out, in the manifest's words; a "
        'privilege\'s safe value. For a secret it is stored as it is, as in `"!"` for a password that nobody has.',
    )
    constant: Plain = Field(
        default=None, description="What every declared row holds, and is held at; people do not write the field."
    )
    generate: Generator | None = Field(
        default=None, description="What a new row gets when the manifest leaves the field out, made for each row."
    )
    hidden: bool = Field(default=False, description="People do not write the field, and plans do not look at it.")
    read_only: bool = Field(
        default=False, description="Not to be written in manifests; export shows it in a comment."
    )
    ignore_case: bool = Field(
        default=False,
        description="For a part of the key: `Alice` and `alice` are one row, as the application has it.",
    )
    private: bool = Field(
        default=False,
        description="A personal value: reports and saved plans do not show it, and plans know it by keyed digests.",
    )
    timezone: str | None = Field(
        default=None,
        description="The time zone of moments in a column that keeps none, as in `Europe/Berlin`; else they are UTC.",
    )
    secret: Codec | None = Field(default=None, description="A secret, and how it is stored.")
    rounds: int | None = Field(
        default=None,
        ge=1,
        le=10_000_000,
        description="The cost of a password's hash, in the codec's own measure; its default is the codec's.",
    )
    accepts: list[PasswordForm] = Field(
        default=[],
        description="The other forms of hash that the application verifies, which manifests may give: "
        '`["argon2"]` beside `secret = "bcrypt"`.',
    )
    allow_plaintext: bool = Field(
        default=False, description='Let `secret = "plaintext"` store the secret as it is; every plan warns of it.'
    )
    prefix: ColumnName | None = Field(default=None, description="The column for what a key begins with, for people.")
    last_four: ColumnName | None = Field(default=None, description="The column for what a key ends with, for people.")
    changed_at: ColumnName | None = Field(
        default=None, description="The column for the moment at which the secret was set."
    )


class ReferenceBinding(Table):
    """A field that names a resource of another kind, or with `through` a list of them."""

    kind: KindName = Field(description="The kind that it names.")
    column: ColumnName | None = Field(
        default=None, description="The column that holds what it leads to; the foreign key says which column that is."
    )
    through: str | None = Field(
        default=None,
        min_length=1,
        description="An association table, `table` or `schema.table`: the field is a list of names, `[]` being none.",
    )
    source: ColumnName | None = Field(
        default=None,
        description="The association's column for this kind; the foreign key tells it where there is one.",
    )
    target: ColumnName | None = Field(
        default=None, description="The association's column for the other kind; likewise."
    )
    set: dict[ColumnName, Scalar] = Field(
        default={}, description='What else a new row of the association holds; `"now"` is the moment of the write.'
    )


class OnRemoveBinding(Table):
    """What happens to a row when its manifest goes and `--prune` is given."""

    disable: dict[ColumnName, Scalar] | None = Field(
        default=None,
        min_length=1,
        description="What `disable` sets, in the manifest's words; `now` is the moment of the write.",
    )
    default: Literal["disable", "delete", "abandon"] | None = Field(
        default=None, description="What manifests mean that do not say; `disable` where it is bound."
    )


class TouchBinding(Table):
    """Moments to keep up to date where neither the class nor the database does it."""

    created: list[ColumnName] = Field(default=[], description="Set to the moment of creation.")
    updated: list[ColumnName] = Field(default=[], description="Set to the moment of creation, and of every change.")


class KindBinding(Table):
    """Where the rows of a kind live."""

    model: ObjectPath | None = Field(default=None, description="The mapped class, as `package.module:Class`.")
    table: str | None = Field(
        default=None,
        min_length=1,
        description="Instead of a class: `table` or `schema.table`, read from the database. "
        "A dot inside a name is written in double quotes.",
    )
    spec: Literal["builtin", "derived"] | None = Field(
        default=None,
        description="`User` and `ApiKey` with a `model` have a built-in spec; others get theirs from the columns.",
    )
    key: list[Identifier] = Field(
        min_length=1,
        description="The natural key: fields that are references or plain, the last one being `metadata.name`.",
    )
    lookup: bool = Field(
        default=False,
        description="The application makes these rows: manifests name them in references, and do not declare them.",
    )
    assume_unique: bool = Field(
        default=False, description="The key is unique, though the database does not enforce it."
    )
    privileges: list[Identifier] = Field(
        default=[], description="Fields held at their safe value when a manifest leaves them out."
    )
    fields: dict[Identifier, FieldBinding] = Field(default={}, description="How single fields are stored.")
    references: dict[Identifier, ReferenceBinding] = Field(
        default={}, description="Fields that name resources of other kinds."
    )
    on_remove: OnRemoveBinding = Field(default=OnRemoveBinding(), description="What becomes of a removed row.")
    administrators: dict[Identifier, Scalar] | None = Field(
        default=None, description="The condition of a row that holds power; the last one is guarded."
    )
    generation: ColumnName | None = Field(
        default=None, description="The column that tells rows of one key apart: the highest is the current one."
    )
    expires: Identifier | None = Field(
        default=None,
        description="The field that holds the moment at which a row stops working; with it manifests may say "
        "`expires_in`, and `plan --fail-if-expiring` knows what to look at.",
    )
    scope: dict[ColumnName, Scalar] = Field(
        default={},
        description="A fixed filter on stored values, `{ tenant_id = 7 }`: other rows are neither seen nor written, "
        'and new ones get these values. `"null"` stands for null.',
    )
    touch: TouchBinding = Field(default=TouchBinding(), description="Timestamps to set.")
