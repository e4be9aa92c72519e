"""What a binding may say of a secret: the cost of each codec, and what needs to be said twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from provision.settings import FieldBinding, KindBinding, Settings

PLAINTEXT = "plaintext"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """The cost of a codec: what is counted, what it is when nothing is said, the least and the most that is taken."""

    counts: str
    default: int
    least: int
    most: int


ROUNDS: Mapping[str, Rounds] = {
    # bcrypt's own least; 20 takes a minute and more.
    "bcrypt": Rounds(counts="bcrypt's cost, each one doubling the work", default=12, least=4, most=20),
    # RFC 9106, section 4, its second recommendation: t=3 with 64 MiB, which is argon2-cffi's default.
    "argon2": Rounds(counts="passes over 64 MiB of memory", default=3, least=1, most=64),
    # passlib's default, 64 MiB; 20 is 1 GiB.
    "scrypt": Rounds(counts="ln, each one doubling memory and work", default=16, least=10, most=20),
    # OWASP Password Storage Cheat Sheet: 600,000 for PBKDF2-HMAC-SHA256; RFC 8018, section 4.2: 1,000 or more.
    "pbkdf2": Rounds(counts="iterations", default=600_000, least=1_000, most=10_000_000),
    # Django 6.1, django.contrib.auth.hashers.PBKDF2PasswordHasher.iterations.
    "django": Rounds(counts="iterations of PBKDF2", default=1_500_000, least=1_000, most=10_000_000),
    # Werkzeug 3, generate_password_hash: scrypt:32768:8:1, and 32768 is 2 to the power of 15.
    "werkzeug": Rounds(counts="scrypt's ln, each one doubling memory and work", default=15, least=10, most=20),
}
"""The codecs of passwords, and what each takes for its cost."""


def cost(codec: str, binding: FieldBinding) -> int:
    """The cost at which to hash: the binding's, else the codec's own."""
    return ROUNDS[codec].default if binding.rounds is None else binding.rounds


def unfit_secrets(binding: KindBinding) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """What bindings of secrets must not say: the place in the kind's binding, what is wrong, and a hint."""
    for name, field in binding.fields.items():
        for key, message, hint in (*_unfit_rounds(field), *_unfit_accepts(field), *_unfit_plaintext(field)):
            yield ("fields", name, key), message, hint


def plaintext_warnings(settings: Settings) -> tuple[str, ...]:
    """A sentence for each field that is stored in plain text, for every plan to say."""
    return tuple(
        f"{kind}.{name} is stored in plain text (allow_plaintext in {settings.source.name})"
        for kind, binding in settings.kinds.items()
        for name, field in binding.fields.items()
        if field.secret == PLAINTEXT
    )


def _unfit_rounds(field: FieldBinding) -> Iterator[tuple[str, str, str]]:
    if field.rounds is None:
        return
    rounds = ROUNDS.get(field.secret or "")
    if rounds is None:
        what = f"the codec {field.secret}" if field.secret else "a field that is no secret"
        yield "rounds", f"{what} has no rounds", f"remove it; those that have: {', '.join(sorted(ROUNDS))}"
    elif not rounds.least <= field.rounds <= rounds.most:
        message = f"the codec {field.secret} takes {rounds.least} to {rounds.most} rounds"
        yield "rounds", message, f"they are {rounds.counts}; {rounds.default} when left out"


def _unfit_accepts(field: FieldBinding) -> Iterator[tuple[str, str, str]]:
    if not field.accepts:
        return
    if field.secret not in ROUNDS:
        what = f"the codec {field.secret} is of no password" if field.secret else "the field is no password"
        yield "accepts", f"{what}, and has no other forms", f"remove it; those that have: {', '.join(sorted(ROUNDS))}"
    elif field.secret in field.accepts:
        yield "accepts", f"{field.secret} is the field's own codec", "name the other forms only"
    if len(set(field.accepts)) != len(field.accepts):
        yield "accepts", "names a form twice", "each form once"


def _unfit_plaintext(field: FieldBinding) -> Iterator[tuple[str, str, str]]:
    if field.secret == PLAINTEXT and not field.allow_plaintext:
        hint = "choose a codec that hashes, or add allow_plaintext = true if the application wants it so"
        yield "secret", "plaintext lets everybody who reads the database read the secret", hint
    elif field.allow_plaintext and field.secret != PLAINTEXT:
        yield "allow_plaintext", 'only secret = "plaintext" has it', "remove it"
