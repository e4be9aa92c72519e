"""Durations as people write them."""

from __future__ import annotations

import pytest

from provision.core.duration import parse_duration, said


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("250ms", 0.25),
        ("5m", 300),
        ("1h30m", 5400),
        ("90d", 7776000),
        ("2w", 1209600),
        ("P90D", 7776000),
        ("P2W", 1209600),
        ("PT1H30M5S", 5405),
        ("P1DT12H", 129600),
    ],
)
def test_a_duration_is_read_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "5", "-5s", "1.5h", "1y", "5 m", "P1M", "5m!", "٣s", "h", "P", "PT", "P1DT", "P1Y", "P1D ", "90dP1D"]
)
def test_anything_else_is_refused_with_the_form_expected(text: str) -> None:
    with pytest.raises(ValueError, match=r"^write a duration as 30s, 5m, 1h30m or 90d$"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.4, "0s"),
        (59.6, "1m"),
        (61, "1m1s"),
        (5400, "1h30m"),
        (7776000, "90d"),
        (86400 + 3600 + 60 + 1, "1d1h1m"),
        (86400 + 1, "1d1s"),
    ],
)
def test_a_duration_is_said_in_at_most_three_units(seconds: float, text: str) -> None:
    assert said(seconds) == text
