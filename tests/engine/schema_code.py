"""A random schema as an application's module of mapped classes, and as the provision.toml that binds it."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.engine.schemas import TYPES, Kind, Schema

IDENTITIES = {
    "number": "id = mapped_column(Integer, primary_key=True)",
    "uuid": "id = mapped_column(Uuid, primary_key=True)",
    "name": "name = mapped_column(String(40), primary_key=True)",
}


def module_text(schema: Schema) -> str:
    """The application's module."""
    lines = ["from sqlalchemy import *", "from sqlalchemy.dialects import mysql"]
    lines += ["from sqlalchemy.orm import DeclarativeBase, mapped_column", ""]
    lines += ["class Base(DeclarativeBase):", "    pass", ""]
    for kind in schema.kinds:
        lines += [f"class {kind.name}(Base):", f"    __tablename__ = '{kind.table}'"]
        lines += [f"    {line}" for line in _columns(kind, schema)]
        lines += _association(kind, schema)
    return "\n".join(lines) + "\n"


def settings_text(schema: Schema, module: str, url: str) -> str:
    """The provision.toml of a project in the same folder."""
    lines = ['project = "random"', "[backend]", 'path = "."', "[database]", f'url = "{url}"']
    for kind in schema.kinds:
        lines += [f"[kinds.{kind.name}]"]
        where = f'model = "{module}:{kind.name}"' if kind.number in schema.mapped else f'table = "{kind.table}"'
        lines += [where, f"key = {json.dumps(kind.key)}"]
        lines += ["on_remove = { default = 'delete', disable = { active = false } }"]
        lines += ["fields.id = { type = 'uuid', generate = 'uuid4' }"] if kind.primary == "uuid" else []
        for reference in kind.references:
            lines.append(
                f"references.{reference.name} = {{ kind = 'K{reference.kind}', column = '{reference.column}' }}"
            )
        for link in kind.links:
            sides = ", source = 'source_id', target = 'target_id'" if link.kind == kind.number else ""
            through = f"{kind.table}_{link.name}"
            lines.append(f"references.{link.name} = {{ kind = 'K{link.kind}', through = '{through}'{sides} }}")
    return "\n".join(lines) + "\n"


def _columns(kind: Kind, schema: Schema) -> Iterator[str]:
    yield IDENTITIES[kind.primary]
    if kind.primary != "name":
        yield "name = mapped_column(String(40), nullable=False)"
    if "realm" in kind.key:
        yield "realm = mapped_column(String(40), nullable=False)"
    yield "active = mapped_column(Boolean, nullable=False, server_default=true())"
    for plain in kind.plains:
        yield f"{plain.name} = mapped_column({TYPES[plain.type]}, nullable={plain.nullable}, unique={plain.unique})"
    for reference in kind.references:
        target = _key_to(schema.kinds[reference.kind])
        yield f"{reference.column} = mapped_column({target}, nullable={reference.nullable})"
    groups = [kind.columns_of(group) for group in (kind.key, kind.group) if group]
    constraints = "".join(f"UniqueConstraint({', '.join(map(repr, group))}), " for group in groups)
    yield f"__table_args__ = ({constraints})"


def _association(kind: Kind, schema: Schema) -> Iterator[str]:
    for link in kind.links:
        sides = (("source_id", kind), ("target_id", schema.kinds[link.kind]))
        columns = ", ".join(f"Column('{name}', {_key_to(to)}, primary_key=True)" for name, to in sides)
        name = f"{kind.table}_{link.name}"
        yield f"{name} = Table('{name}', Base.metadata, {columns})"


def _key_to(kind: Kind) -> str:
    # A name that is the primary key changes with a rename, which no order of statements can do by itself.
    return f"ForeignKey('{kind.table}.{kind.identity}', onupdate={('CASCADE' if kind.primary == 'name' else None)!r})"
