"""What is compared: JSON's own types, the same for a manifest, a row and the ledger.

Instants are RFC 3339 text in UTC (`2027-06-30T00:00:00Z`), references are the natural key of what they name.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TypeAlias

Value: TypeAlias = "bool | int | float | str | Sequence[Value] | Mapping[str, Value] | None"
Fields: TypeAlias = Mapping[str, Value]

# What a binding writes where the moment of the write belongs: `revoked_at = "now"`.
NOW = "now"


def same(left: Value, right: Value) -> bool:
    """Whether two values are equal, `True` and `1` being different."""
    return left == right and isinstance(left, bool) is isinstance(right, bool)


def canonical_json(value: Value) -> str:
    """The one spelling of a value: sorted keys, no spaces, ASCII; used in the ledger and in fingerprints."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
