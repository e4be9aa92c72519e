"""What stands between a manifest's value and a column's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from provision.core.value import Value

Read = Callable[[Any], Value]


Write = Callable[[Any], Any]


NULL = "null"


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCodec:
    """`read` turns a column's value into the manifest's, `write` the other way; None where they are the same."""

    read: Read | None = None
    write: Write | None = None

    def stored(self, value: Value) -> Any:
        """What a column gets for a value of the manifest's."""
        return self.write(value) if self.write else value

    def found(self, stored: Any) -> Value:
        """What a manifest would say for a column's value."""
        return self.read(stored) if self.read else cast("Value", stored)
