"""Arithmetic on moments: offsets, fractions, leap days, and the ends of the calendar."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.core.moment import after, assumed, from_epoch, has_come, parse_as_of, seconds_between, spelled, whole

FIRST, LAST = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
moments = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)).map(spelled)  # noqa: DTZ001
spans = st.integers(-(10**9), 10**9).map(float)


@given(moments, spans)
def test_adding_is_undone_by_subtracting_and_measured_by_the_difference(moment: str, seconds: float) -> None:
    later = after(moment, seconds)
    assert after(later, -seconds) == moment
    assert seconds_between(moment, later) == seconds
    assert has_come(moment, later) is (seconds >= 0)
    assert has_come(later, moment) is (seconds <= 0)


@pytest.mark.parametrize(
    ("moment", "seconds", "later"),
    [
        ("2028-02-28T12:00:00Z", 86_400, "2028-02-29T12:00:00Z"),
        ("2027-02-28T12:00:00Z", 86_400, "2027-03-01T12:00:00Z"),
        ("2100-02-28T00:00:00Z", 86_400, "2100-03-01T00:00:00Z"),
        ("2028-02-29T00:00:00Z", 365 * 86_400, "2029-02-28T00:00:00Z"),
        ("2026-01-01T00:00:00.500000Z", 0.5, "2026-01-01T00:00:01Z"),
        ("2026-01-01T00:00:00Z", 0.001, "2026-01-01T00:00:00.001000Z"),
        ("2026-01-01T01:30:00+02:00", 0, "2025-12-31T23:30:00Z"),
        ("2026-03-29T01:59:59+01:00", 1, "2026-03-29T01:00:00Z"),
        ("2016-12-31T23:59:59Z", 1, "2017-01-01T00:00:00Z"),
        (LAST, 0, LAST),
        (LAST, 1, LAST),
        ("2026-01-01T00:00:00Z", 1e15, LAST),
        ("2026-01-01T00:00:00Z", float("inf"), LAST),
        ("9999-12-31T23:59:59-05:00", 0, LAST),
        (FIRST, -1, FIRST),
        ("2026-01-01T00:00:00Z", -1e15, FIRST),
    ],
)
def test_moments_are_in_utc_and_stay_in_the_calendar(moment: str, seconds: float, later: str) -> None:
    assert after(moment, seconds) == later


def test_moments_compare_as_moments_and_not_as_texts() -> None:
    assert has_come("2026-01-01T00:00:00+02:00", "2025-12-31T22:00:00Z")
    assert has_come("2026-01-01T00:00:00Z", "2026-01-01T00:00:00.000001Z")
    assert not has_come("2026-01-01T00:00:00.000001Z", "2026-01-01T00:00:00Z")


def test_fractions_are_cut_and_not_rounded() -> None:
    assert whole("2026-01-01T00:00:00.999999Z") == "2026-01-01T00:00:00Z"
    assert whole(LAST) == LAST
    assert from_epoch(0.25) == "1970-01-01T00:00:00.250000Z"


def test_another_moment_is_assumed_as_it_is_or_so_many_seconds_from_now() -> None:
    now = "2026-01-01T00:00:00Z"
    assert assumed(now, None) == now
    assert assumed(now, "2027-03-01T00:00:00Z") == "2027-03-01T00:00:00Z"
    assert assumed(now, 86_400.0) == assumed(now, 86_400) == "2026-01-02T00:00:00Z"
    assert assumed(now, 0) == now


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2027-03-01", "2027-03-01T00:00:00Z"),
        ("2028-02-29", "2028-02-29T00:00:00Z"),
        ("2027-03-01T12:00:00+02:00", "2027-03-01T10:00:00Z"),
        ("+30d", 30 * 86_400.0),
        ("+1ms", 0.001),
    ],
)
def test_another_moment_is_written_as_a_day_a_moment_or_a_duration(text: str, moment: str | float) -> None:
    assert parse_as_of(text) == moment
    assert isinstance(parse_as_of(text), type(moment))


@pytest.mark.parametrize("text", ["", "+", "tomorrow", "2027-02-29", "+30", "-30d", "9999-12-31T23:59:59-01:00"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(
        ValueError, match=r"^write a day as 2027-03-01, a moment as 2027-03-01T12:00:00Z, or \+30d$|^write a duration"
    ):
        parse_as_of(text)


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose clock on the wall is five hours behind."""
    monkeypatch.setenv("TZ", "XYZ+5")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("far_from_utc")
def test_the_time_zone_of_the_machine_does_not_take_part() -> None:
    assert parse_as_of("2027-03-01") == "2027-03-01T00:00:00Z"
    assert parse_as_of("2027-03-01T12:00:00") == "2027-03-01T12:00:00Z"
    assert after("2026-01-01T01:30:00+02:00", 0) == "2025-12-31T23:30:00Z"
    assert whole("2026-01-01T00:00:00.5Z") == "2026-01-01T00:00:00Z"
    assert from_epoch(0) == "1970-01-01T00:00:00Z"
