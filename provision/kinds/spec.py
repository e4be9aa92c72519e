"""What every manifest has in common: the strict base model and the metadata."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from provision.core.state import Lifecycle, OnRemove, Presence
from provision.kinds.text import LabelKey, LabelValue, Name, Names, UnfitError

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

    state: Literal["present", "created", "absent"] = Field(
        default="present",
        description="present: kept as declared; created: made once, then left alone; absent: removed.",
    )
    on_remove: Literal["disable", "delete", "abandon"] = Field(
        default="disable", description="What --prune does with it once its manifest is gone."
    )
    prevent_removal: bool = Field(default=False, description="Refuse to disable or delete it.")
    ignore_changes: Names = Field(default_factory=list, description="Fields that are set at creation only.")

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.state == "absent" and self.prevent_removal:
            raise UnfitError("state: absent and prevent_removal: true contradict each other", "keep one of the two")
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

    # A default made by its factory costs nothing; pydantic makes a deep copy of any other that can change (10 µs).
    name: Name = Field(description="The natural key, as in User/alice.")
    labels: dict[LabelKey, LabelValue] = Field(
        default_factory=dict, max_length=64, description="What to select it by, as in team: payments."
    )
    previously: Names = Field(default_factory=list, description="Names it had before: renamed, not made anew.")
    lifecycle: LifecycleSpec = Field(default_factory=LifecycleSpec)
