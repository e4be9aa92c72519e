"""Durations as people write them."""

from __future__ import annotations

import pytest

from provision.core.duration import parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("250ms", 0.25), ("5m", 300), ("1h30m", 5400), ("90d", 7776000), ("2w", 1209600)],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "-5s", "1.5h", "1y", "5 m", "P1M", "5m!", "٣s", "h"])
def test_anything_else_is_refused_with_the_form_expected(text: str) -> None:
    with pytest.raises(ValueError, match="30s, 5m, 1h30m or 90d"):
        parse_duration(text)
