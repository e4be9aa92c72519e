"""What every manifest has in common: the strict base model and the metadata."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from provision.core.state import Lifecycle, OnRemove, Presence
from provision.kinds.text import LabelKey, LabelValue, Name, Names

API_VERSION = "provision/v1"


class Spec(BaseModel):
    """A model of what people write: strict types, unknown keys refused, values kept out of error messages."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, hide_input_in_errors=True)


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

    state: Literal["present", "created", "absent"] = "present"
    on_remove: Literal["disable", "delete", "abandon"] = "disable"
    prevent_removal: bool = False
    ignore_changes: Names = []

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.state == "absent" and self.prevent_removal:
            raise ValueError("state: absent and prevent_removal: true contradict each other")
        return self

    def lifecycle(self) -> Lifecycle:
        """The same as the core's value."""
        return Lifecycle(
            state=Presence(self.state),
            on_remove=OnRemove(self.on_remove),
            prevent_removal=self.prevent_removal,
            ignore_changes=frozenset(self.ignore_changes),
        )


class Metadata(Spec):
    """Who the resource is: its natural key, its labels, the names it had before."""

    name: Name
    labels: Annotated[dict[LabelKey, LabelValue], Field(max_length=64)] = {}
    previously: Names = []
    lifecycle: LifecycleSpec = LifecycleSpec()
