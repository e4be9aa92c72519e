"""Judging a stored password: by its fingerprint where that suffices, by verifying where it does not. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from provision.core.state import Verdict
from provision.secrets.fingerprint import Likeness, Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A verdict, and whether the ledger wants a new fingerprint of a password that stays as it is.

    `why` is for people, and says of an outdated hash what is weak about it.
    """

    verdict: Verdict
    refresh: bool = False
    why: str = ""


def judge(
    reading: Reading | None, stored: str, verify: Callable[[], bool | None], weakness: str | None = None
) -> Judgement:
    """Judge one password that is kept as declared.

    `reading` is None where there is no key, so that no fingerprint can be made either. `verify` is slow: it is called
    once at most, and not at all where a fingerprint tells that both are as they were; its None is for a form that is
    not known. `weakness` is why the stored hash is outdated, where it is, and where hashing anew was asked for.
    """
    if not stored:
        return Judgement(verdict=Verdict.DIFFERS)
    if reading and reading.tells_both_same:
        return _matching(weakness, refresh=reading.is_old)
    match verify():
        case None:
            return Judgement(verdict=Verdict.UNREADABLE)
        case True:
            return _matching(weakness, refresh=reading is not None)
        case False:
            return Judgement(verdict=_difference(reading))


def _matching(weakness: str | None, *, refresh: bool) -> Judgement:
    """The password is right. One that is hashed anew gets its fingerprint with the write."""
    if weakness:
        return Judgement(verdict=Verdict.OUTDATED, why=weakness)
    return Judgement(verdict=Verdict.UNCHANGED, refresh=refresh)


def _difference(reading: Reading | None) -> Verdict:
    match reading.declared if reading else Likeness.UNKNOWN:
        case Likeness.SAME:
            return Verdict.STORED_CHANGED
        case Likeness.DIFFERENT:
            return Verdict.DECLARED_CHANGED
        case Likeness.UNKNOWN:
            return Verdict.DIFFERS
