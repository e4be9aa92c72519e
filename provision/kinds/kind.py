"""A kind is data: what people write, and how that is stored."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, create_model
from pydantic.fields import FieldInfo

from provision.core.shape import KindShape
from provision.core.state import OnRemove
from provision.core.value import Value
from provision.kinds.spec import API_VERSION, Metadata, Spec
from provision.kinds.terms import TERMS
from provision.settings import KindBinding


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """What people write for a kind: its spec, and which of its fields hold documents of another kind.

    `constants` are fields that nobody writes, since every row has one value for them. An open vocabulary takes any
    field, since the table that would say which there are could not be asked. `terms` is the secret whose terms stand
    beside it instead of inside.
    """

    name: str
    spec: type[Spec]
    inline: Mapping[str, str] = field(default_factory=dict)
    metadata: type[Metadata] = Metadata
    constants: Mapping[str, Value] = field(default_factory=dict)
    is_open: bool = False
    terms: str | None = None

    @property
    def fields(self) -> Mapping[str, FieldInfo]:
        """The fields of the spec by the names that people write."""
        return {info.alias or name: info for name, info in self.spec.model_fields.items()}

    def manifest(self) -> type[Spec]:
        """The model of a whole document of this kind; `spec` may be left out where nothing in it is required."""
        needs_spec = any(info.is_required() for info in self.spec.model_fields.values())
        fields: dict[str, Any] = {
            "apiVersion": (Literal[API_VERSION], ...),
            "kind": (Literal[self.name], ...),
            "metadata": (self.metadata, ...),
            "spec": (self.spec, ... if needs_spec else Field(default_factory=self.spec)),
        }
        return create_model(f"{self.name}Manifest", __base__=Spec, __doc__=self.spec.__doc__, **fields)


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind that is bound to a table: its binding, what the engine needs to know of it, and what people write.

    The vocabulary is derived when somebody first asks for it: it may take an import of the application.
    """

    name: str
    binding: KindBinding
    shape: KindShape
    derive: Callable[[], Vocabulary]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """What people write."""
        return self.derive()

    @cached_property
    def secrets(self) -> frozenset[str]:
        """The fields that are secrets."""
        return frozenset(name for name, field in self.binding.fields.items() if field.secret)

    @cached_property
    def privileges(self) -> Mapping[str, Value]:
        """The fields that are held at a safe value when a manifest leaves them out, and that value.

        Those of which only an unknown column tells the type are left out, and so are misspelt ones.
        """
        known = self.vocabulary.fields
        return {name: known[name].default for name in self.binding.privileges if name in known}

    @cached_property
    def held(self) -> Mapping[str, Value]:
        """What a resource holds where its manifest says nothing: privileges at their safe values, and constants."""
        return {**self.privileges, **self.vocabulary.constants}

    @property
    def on_remove(self) -> OnRemove:
        """What a manifest means that does not say what becomes of its row."""
        return OnRemove(self.binding.on_remove.default or OnRemove.DISABLE)

    @cached_property
    def plain_fields(self) -> tuple[str, ...]:
        """The fields that are compared by value: all but the key, secrets, and inline documents."""
        left_out = {*self.binding.key, *self.secrets, *self.vocabulary.inline}
        left_out |= set(TERMS) if self.vocabulary.terms else set()
        return tuple(name for name in self.vocabulary.fields if name not in left_out)


Kinds = Mapping[str, Kind]
