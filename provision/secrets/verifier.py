"""Verifying a password with whatever form it is stored in: applications rehash at login, and move between forms."""

from __future__ import annotations

from provision.core.secret import Secret
from provision.secrets.forms import bcrypt_argon2, django, passlib, werkzeug

_FORMS = (*bcrypt_argon2.FORMS, *passlib.FORMS, *django.FORMS, *werkzeug.FORMS)


def verify(secret: Secret, stored: str) -> bool | None:
    """Whether the stored text is of this secret; None when its form is not known, or cannot be computed here."""
    found = ((form, match) for form in _FORMS if (match := form.pattern.fullmatch(stored)))
    form, match = next(found, (None, None))
    if form is None or match is None:
        return None
    try:
        password = secret.reveal().encode()
    except UnicodeEncodeError:
        return False
    return form.verify(password, match)
