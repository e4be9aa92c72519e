"""How large a manifest may be: far beyond what people write, and small enough that hostile input stays cheap."""

from __future__ import annotations

from typing import Final

MAX_FILE_BYTES: Final = 64 * 1024 * 1024
MAX_NODES: Final = 100_000
"""Nodes of one document; each key and each value counts."""
MAX_DEPTH: Final = 32
"""Lists and mappings within each other."""
MAX_PROBLEMS: Final = 100
"""Problems reported of one document."""
MAX_PROBLEMS_IN_ALL: Final = 10_000
"""Problems of all files after which no further document is read."""
