"""From a row to its manifest: as it would have to be written so that a plan finds nothing to change."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from pydantic import ValidationError

from provision.core.address import join_key
from provision.core.keys import key_fields, owners_of, referred
from provision.core.shape import Shapes
from provision.core.state import Row
from provision.core.value import Value, same
from provision.kinds.kind import Kind
from provision.kinds.spec import API_VERSION, Spec
from provision.manifest.explain import words
from provision.manifest.yaml_writer import UnwritableError, flow, yaml_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """The manifest of a row, without a line that parts it from others; empty when the row cannot have one.

    `left_out` maps each field that no manifest can hold to the reason.
    """

    text: str
    left_out: Mapping[str, str] = field(default_factory=dict)


class Exporter:
    """Writes the rows of one kind."""

    def __init__(self, kind: Kind, shapes: Shapes) -> None:
        self._kind = kind
        self._shape = shapes[kind.name]
        self._shapes = shapes
        self._model = kind.vocabulary.manifest()
        self._read_only = [name for name, said in kind.binding.fields.items() if said.read_only and not said.secret]

    def heading(self) -> list[str]:
        """Comments on what no row of the kind shows."""
        if not self._kind.secrets:
            return []
        fields = self._kind.binding.fields
        secrets = ", ".join(f"{name} ({fields[name].secret})" for name in sorted(self._kind.secrets))
        return [f"# A secret is never exported, and stays as it is: {secrets}"]

    def write(self, row: Row, rows: Collection[object]) -> Exported:
        """The manifest of a row; `rows` are those that have one, for its references to lead to."""
        left_out = {
            name: f"leads to {owner}: not to be exported"
            for name, owner in owners_of(row.address, self._shapes)
            if owner not in rows
        }
        if left_out:
            return Exported(text="", left_out=left_out)
        key = self._key(row)
        spec = key | dict(self._fields(row, rows, left_out))
        data = {
            "apiVersion": API_VERSION,
            "kind": self._kind.name,
            "metadata": {"name": row.address.key[-1]},
            "spec": spec,
        }
        lines = self._checked(data, row, key, left_out)
        if lines is None:
            return Exported(text="", left_out=left_out)
        comments = [f"  # {name}: {_comment(row.fields[name])}" for name in self._read_only]
        return Exported(text="\n".join([*lines, *comments]) + "\n", left_out=left_out)

    def _checked(
        self, data: dict[str, Any], row: Row, key: Mapping[str, Value], left_out: dict[str, str]
    ) -> list[str] | None:
        """The lines, once everything is gone that a manifest cannot say; None when the key is among that."""
        spec = data["spec"]
        while True:
            complaints = dict(self._complaints(data, row))
            if not complaints:
                return list(yaml_lines(data))
            left_out |= complaints
            for name in complaints:
                if name in key and isinstance(key[name], str) and spec[name] == key[name]:
                    spec[name] = _plain(str(key[name]))  # a number in a key is text in an address
                    if spec[name] != key[name]:
                        del left_out[name]
                        continue
                if name not in spec or name in key:
                    return None
                del spec[name]

    def _complaints(self, data: Mapping[str, Any], row: Row) -> Iterator[tuple[str, str]]:
        """Each field that cannot be written as it is, and why."""
        try:
            manifest: Any = self._model.model_validate(data)
        except ValidationError as error:
            for item in error.errors(include_input=False, include_url=False):
                path = [str(part) for part in item["loc"]]
                yield (path[1] if path[0] == "spec" and len(path) > 1 else "metadata.name"), words(item)[0]
            return
        parts = {"metadata.name": data["metadata"]["name"], **data["spec"]}
        meant = manifest.spec.written() if isinstance(manifest.spec, Spec) else {}
        for name, value in parts.items():
            try:
                list(yaml_lines({name: value}))
            except UnwritableError as error:
                yield name, str(error)
                continue
            if name in row.fields and not same(meant[name], value):
                yield name, "is kept in a form that no manifest says"

    def _key(self, row: Row) -> dict[str, Value]:
        """What the spec says of the key: all but the name."""
        parts = list(key_fields(row.address, self._shape))[:-1]
        return {name: text[0] if len(text) == 1 else join_key(text) for name, text in parts}

    def _fields(self, row: Row, rows: Collection[object], left_out: dict[str, str]) -> Iterator[tuple[str, Value]]:
        """The fields to write: those that are not null, and every privilege."""
        for name in self._kind.plain_fields:
            value = row.fields.get(name)
            if name not in row.fields or name in self._kind.vocabulary.constants:
                continue
            if value is None and name not in self._kind.privileges:
                continue
            lost = list(self._lost(name, value, rows))
            if lost:
                left_out[name] = f"leads to {', '.join(lost)}: not there, or not to be exported"
            else:
                yield name, value

    def _lost(self, name: str, value: Value, rows: Collection[object]) -> Iterator[str]:
        """What a reference, or a list of them, names and is not among the rows."""
        kind = self._shape.references.get(name) or self._shape.links.get(name)
        if kind is None or value is None:
            return
        for text in [value] if isinstance(value, str) else cast("list[str]", value):
            target = referred(kind, text, self._shapes)
            if target not in rows:
                # No name begins with a space: it stands before what is said of a row that has none here.
                yield f"{kind}:{text}" if text.startswith(" ") else str(target)


def _plain(text: str) -> Value:
    try:
        found: Value = json.loads(text)
    except ValueError:
        return text
    return found


def _comment(value: Value) -> str:
    try:
        return flow(value)
    except UnwritableError as error:
        return f"(it {error})"
