"""Arithmetic on moments: RFC 3339 text in UTC with a Z, as values and the ledger hold them. No clock is read here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from provision.core.duration import parse_duration


def seconds_between(earlier: str, later: str) -> float:
    """How many seconds lie between two moments; negative when the first one is the later one."""
    return (_read(later) - _read(earlier)).total_seconds()


def has_come(moment: str, now: str) -> bool:
    """Whether this moment is now, or is over."""
    return _read(moment) <= _read(now)


def after(moment: str, seconds: float) -> str:
    """The moment so many seconds later; one beyond the calendar is its last second, or its first."""
    try:
        return spelled(_read(moment) + timedelta(seconds=seconds))
    except OverflowError:
        return "0001-01-01T00:00:00Z" if seconds < 0 else "9999-12-31T23:59:59Z"


def from_epoch(seconds: float) -> str:
    """The moment so many seconds after 1970-01-01T00:00:00Z."""
    return spelled(datetime.fromtimestamp(seconds, tz=UTC))


def whole(moment: str) -> str:
    """The moment without fractions of a second: some columns keep none, and would seem to differ."""
    return spelled(_read(moment).replace(microsecond=0))


def spelled(moment: datetime) -> str:
    """The one spelling of a moment: in UTC, microseconds only when there are any."""
    return moment.astimezone(UTC).isoformat().removesuffix("+00:00") + "Z"


def assumed(now: str, as_of: str | float | None) -> str:
    """The moment that counts: now, another one, or one so many seconds from now."""
    if as_of is None:
        return now
    return as_of if isinstance(as_of, str) else after(now, as_of)


def parse_as_of(text: str) -> str | float:
    """Read `2027-03-01`, `2027-03-01T12:00:00Z` (a moment), or `+30d` (seconds from now); else raises ValueError."""
    if text.startswith("+"):
        return parse_duration(text[1:])
    try:
        moment = datetime.fromisoformat(text)
        return spelled(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        raise ValueError("write a day as 2027-03-01, a moment as 2027-03-01T12:00:00Z, or +30d") from None


def _read(moment: str) -> datetime:
    return datetime.fromisoformat(moment)
