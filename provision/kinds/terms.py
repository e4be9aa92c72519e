"""The terms on which a generated secret is issued: for how long, with which successor, and to whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from provision.core.duration import parse_duration
from provision.core.state import Rotation
from provision.kinds.delivery_spec import Deliveries, DeliverySpec
from provision.kinds.spec import Spec
from provision.kinds.text import OMITTED, Duration, Overlap


class RotateSpec(Spec):
    """When a key gets a successor, and how long it stays valid beside it."""

    every: Duration = Field(description="How long after it was made, as in 90d.")
    overlap: Overlap = Field(description="How long the former key stays valid, as in 7d; 0s is until the next run.")

    def rotation(self) -> Rotation:
        """The same in seconds."""
        return Rotation(every=parse_duration(self.every), overlap=parse_duration(self.overlap))


class Terms(Spec):
    """What may stand beside a key that is generated."""

    rotate: RotateSpec = Field(default=OMITTED, description="Replace it in time, with an overlap.")
    expires_in: Duration = Field(default=OMITTED, description="It expires so long after it was made, as in 97d.")
    deliver_to: Deliveries = Field(default=OMITTED, description="Who gets what is generated.")


TERMS = tuple(Terms.model_fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """The terms of one secret: times in seconds, and who gets it."""

    rotation: Rotation | None = None
    lifetime: float | None = None
    deliver_to: tuple[DeliverySpec, ...] = ()


NO_TERMS = Issue()


def issue_of(written: Mapping[str, Any]) -> Issue:
    """The terms among what was written for a secret, or beside it."""
    rotate, expires_in = written.get("rotate"), written.get("expires_in")
    return Issue(
        rotation=rotate.rotation() if rotate else None,
        lifetime=parse_duration(expires_in) if expires_in else None,
        deliver_to=tuple(written.get("deliver_to", ())),
    )
