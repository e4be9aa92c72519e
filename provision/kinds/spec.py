"""What every manifest has in common: the strict base model and the metadata."""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from provision.core.state import Lifecycle, OnRemove, Presence
from provision.kinds.text import OMITTED, LabelKey, LabelValue, LongName, LongNames, Name, Names, UnfitError

API_VERSION = "provision/v1"


class Spec(BaseModel):
    """A model of what people write: strict types, unknown keys refused, values kept out of error messages."""

    model_config = ConfigDict(
        strict=True, extra="forbid", frozen=True, hide_input_in_errors=True, protected_namespaces=()
    )

    def written(self) -> dict[str, Any]:
        """What was written, under the names that people write; what was left out is not there."""
        given, values = self.model_fields_set, self.__dict__
        return {written: values[name] for name, written in _names(type(self)) if name in given}


# Specs are made anew for each run of a program that embeds this one, and what is cached stays.
@lru_cache(maxsize=128)
def _names(spec: type[Spec]) -> tuple[tuple[str, str], ...]:
    """The fields of a spec, each with the name that people write."""
    return tuple((name, info.alias or name) for name, info in spec.model_fields.items())


class LifecycleSpec(Spec):
    """How the resource lives, and what happens when its manifest goes."""

    model_config = ConfigDict(
        json_schema_extra={
            "not": {
                "properties": {"state": {"const": "absent"}, "prevent_removal": {"const": True}},
                "required": ["state", "prevent_removal"],
            }
        }
    )

    state: Literal["present", "created", "absent"] = Field(
        default="present",
        description="present: kept as declared; created: made once, then left alone; absent: removed.",
    )
    on_remove: Literal["disable", "delete", "abandon"] = Field(
        default=OMITTED,
        description="What --prune does with it once its manifest is gone; when left out, what provision.toml says.",
    )
    prevent_removal: bool = Field(default=False, description="Refuse to disable or delete it.")
    ignore_changes: Names = Field(default_factory=list, description="Fields that are set at creation only.")

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.state == "absent" and self.prevent_removal:
            raise UnfitError("state: absent and prevent_removal: true contradict each other", "keep one of the two")
        return self

    def lifecycle(self, on_remove: OnRemove) -> Lifecycle:
        """The same as the core's value; `on_remove` is what counts when nothing is said."""
        return Lifecycle(
            state=Presence(self.state),
            on_remove=OnRemove(self.on_remove) if "on_remove" in self.model_fields_set else on_remove,
            prevent_removal=self.prevent_removal,
            ignore_changes=frozenset(self.ignore_changes),
        )


class Metadata(Spec):
    """Who the resource is: its natural key, its labels, the names it had before."""

    # A default made by its factory costs nothing; pydantic makes a deep copy of any other that can change (10 µs).
    name: Name = Field(description="The natural key, as in User/alice.")
    labels: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, max_length=64, description="What to select it by, as in team: payments."
    )
    previously: Names = Field(default_factory=list, description="Names it had before: renamed, not made anew.")
    lifecycle: LifecycleSpec = Field(default_factory=LifecycleSpec)


class LongMetadata(Metadata):
    """The metadata of a row whose key may be longer, or hold a slash."""

    name: LongName = Field(description="The natural key, as in User/alice.")
    previously: LongNames = Field(default_factory=list, description="Names it had before: renamed, not made anew.")
