"""What a run says when it asks for its project's lock."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """The lock of a project, how many seconds to wait for it, and who wants it: others who wait are told."""

    project: str
    seconds: float
    holder: str = ""

    @property
    def name(self) -> str:
        """The lock's, the same for every run of the project."""
        return f"provision:{self.project}"

    @property
    def shown(self) -> str:
        """What the server shows of the run: 63 bytes, which is all that PostgreSQL keeps, and nothing but ASCII."""
        text = f"provision: {self.holder}" if self.holder else "provision"
        return text.encode("ascii", "replace").decode()[:63]
