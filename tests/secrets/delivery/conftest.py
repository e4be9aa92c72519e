"""What is and is not installed."""

from __future__ import annotations

import sys

import pytest


@pytest.fixture
def without_pyrage(monkeypatch: pytest.MonkeyPatch) -> None:
    """As where the extra `age` is not installed."""
    monkeypatch.setitem(sys.modules, "pyrage", None)
