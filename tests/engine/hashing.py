"""How often bcrypt runs: everything else that this program does to a password takes no time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import bcrypt
import pytest


@contextmanager
def counted() -> Iterator[list[str]]:
    """The calls in here, by name; they do what they always do. pwdlib looks them up in bcrypt's module each time."""
    calls: list[str] = []

    def noting(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def noted(*given: Any, **named: Any) -> Any:
            calls.append(name)  # atomic, whatever the thread
            return call(*given, **named)

        return noted

    with pytest.MonkeyPatch.context() as patch:
        for name in ("hashpw", "checkpw", "kdf"):
            patch.setattr(bcrypt, name, noting(name, getattr(bcrypt, name)))
        yield calls
