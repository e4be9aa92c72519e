"""A kind is data: what people write, and how that is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from pydantic import Field, create_model

from provision.core.shape import KindShape
from provision.core.value import Value
from provision.kinds.spec import API_VERSION, Metadata, Spec
from provision.settings import KindBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What people write for a kind: its spec, and which of its fields hold documents of another kind."""

    name: str
    spec: type[Spec]
    inline: Mapping[str, str] = field(default_factory=dict)

    def manifest(self) -> type[Spec]:
        """The model of a whole document of this kind; `spec` may be left out where nothing in it is required."""
        needs_spec = any(info.is_required() for info in self.spec.model_fields.values())
        fields: dict[str, Any] = {
            "apiVersion": (Literal[API_VERSION], ...),
            "kind": (Literal[self.name], ...),
            "metadata": (Metadata, ...),
            "spec": (self.spec, ... if needs_spec else Field(default_factory=self.spec)),
        }
        return create_model(f"{self.name}Manifest", __base__=Spec, __doc__=self.spec.__doc__, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind that is bound to a table: its vocabulary, its binding, and what the engine needs to know of it."""

    vocabulary: Vocabulary
    binding: KindBinding
    shape: KindShape
    privileges: Mapping[str, Value]
    secrets: frozenset[str]

    @property
    def name(self) -> str:
        """As in `kind: User`."""
        return self.vocabulary.name

    @property
    def owner(self) -> str | None:
        """The spec's field that comes before `metadata.name` in the key, if there is one."""
        return self.binding.key[0] if len(self.binding.key) > 1 else None

    @property
    def plain_fields(self) -> tuple[str, ...]:
        """The fields that are compared by value: all but the key, secrets, and inline documents."""
        left_out = {*self.binding.key, *self.secrets, *self.vocabulary.inline}
        return tuple(name for name in self.vocabulary.spec.model_fields if name not in left_out)


Kinds = Mapping[str, Kind]
