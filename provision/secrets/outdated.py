"""Whether a stored hash is weaker than the one that its binding would make: told from its text, without hashing.

Algorithms are ranked as OWASP's Password Storage Cheat Sheet does (since May 2023): argon2id, scrypt, bcrypt, PBKDF2.
Nothing is outdated that is as strong: applications hash anew at login, to what they think best, and are not to be
fought.
"""

from __future__ import annotations

from provision.secrets.strength import Strength, strength_made, strength_of

# The strongest first.
_RANKING = ("argon2id", "scrypt", "bcrypt", "pbkdf2")
# The least memory that the cheat sheet has in any of its settings, in KiB; with less, no number of passes makes up.
_LEAST_MEMORY = {"argon2id": 7_168, "scrypt": 8_192}


def outdated(stored: str, codec: str, rounds: int) -> str | None:
    """Why a stored hash is weaker than one of this codec and cost; None when it is as strong, or of no known form."""
    found, wanted = strength_of(stored), strength_made(codec, rounds)
    if found is None or wanted is None:
        return None
    ranks = _RANKING.index(found.algorithm), _RANKING.index(wanted.algorithm)
    if ranks[0] > ranks[1]:
        return f"{found.algorithm} where the binding asks for {wanted.algorithm}"
    if ranks[0] < ranks[1] or not _is_weaker(found, wanted):
        return None
    asked = wanted.parameters if found.label == wanted.label else f"{wanted.label} {wanted.parameters}"
    return f"{found.label} {found.parameters}, the binding asks for {asked}"


def _is_weaker(found: Strength, wanted: Strength) -> bool:
    if found.work < wanted.work:
        return True
    least = _LEAST_MEMORY.get(found.algorithm, 0)
    return found.memory < min(least, wanted.memory)
