"""What is and is not installed."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from provision.secrets.forms import bcrypt_argon2


@pytest.fixture
def without_argon2(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As where argon2-cffi is not installed."""
    bcrypt_argon2.argon2_hasher.cache_clear()
    monkeypatch.setitem(sys.modules, "argon2", None)
    monkeypatch.delitem(sys.modules, "pwdlib.hashers.argon2", raising=False)
    yield
    bcrypt_argon2.argon2_hasher.cache_clear()
