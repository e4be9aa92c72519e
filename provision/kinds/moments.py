"""Moments and days as their columns keep them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from provision.kinds.column import ColumnType
from provision.kinds.text import UnfitError


def fine_enough(text: str, type_: ColumnType) -> str:
    """Refuse a fraction of a second that the column would cut off: it would differ ever after."""
    fraction = text.partition(".")[2].rstrip("Z").rstrip("0")
    if type_.scale is not None and len(fraction) > type_.scale:
        kept = "whole seconds only" if type_.scale == 0 else f"{type_.scale} digits of a second"
        raise UnfitError("is finer than its column keeps", f"it keeps {kept}")
    return text


def once_in(timezone: str) -> Callable[[str], str]:
    """What refuses a moment that a column with this zone's local time would give back as another one."""
    zone = ZoneInfo(timezone)

    def check(text: str) -> str:
        moment = datetime.fromisoformat(text)
        try:
            kept = moment.astimezone(zone).replace(tzinfo=None, fold=0).replace(tzinfo=zone)
        except OverflowError:
            raise UnfitError(f"is beyond the calendar of {timezone}", "the years are 1 to 9999") from None
        if kept.astimezone(UTC) != moment:
            raise UnfitError(
                "comes twice in its column's time zone, when the clocks go back", "choose a moment an hour away"
            )
        return text

    return check


def calendar_day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UnfitError("no such date in the calendar", "check the day of the month") from None
