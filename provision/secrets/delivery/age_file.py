"""The sink `age_file`: encrypted before it is staged, so that the disk never holds the secret in clear."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from provision.kinds.delivery_spec import AgeFileDelivery
from provision.secrets.delivery.values import Complaint, Delivery, Places, refused
from provision.secrets.delivery.whole_file import WholeFile

_MISSING: Final = Complaint("age_file needs pyrage", 'install it: pip install "provision-db[age]"')


class AgeFileSink(WholeFile):
    """A file that age decrypts with the private key of any of its recipients (C2SP, "age")."""

    def complaints(self, delivery: Delivery, _places: Places) -> Iterable[Complaint]:
        """Whether pyrage is installed, and takes every recipient."""
        return _complaints(delivery.sink.age_file)

    def content(self, delivery: Delivery, value: bytes) -> bytes:
        """The ciphertext, as text or bytes."""
        spec = delivery.sink.age_file
        for complaint in _complaints(spec):
            raise refused(complaint)
        pyrage = _pyrage()
        recipients = [_recipient(pyrage, text) for text in spec.recipients]
        encrypted: bytes = pyrage.encrypt(value, recipients, armored=spec.armor)
        return encrypted


def _complaints(spec: AgeFileDelivery) -> list[Complaint]:
    pyrage = _pyrage()
    if pyrage is None:
        return [_MISSING]
    return [
        Complaint(f"recipient {number} is not a public key that age encrypts to", "copy it again, to its last letter")
        for number, text in enumerate(spec.recipients, start=1)
        if _recipient(pyrage, text) is None
    ]


def _pyrage() -> Any:
    try:
        import pyrage
    except ImportError:
        return None
    return pyrage


def _recipient(pyrage: Any, text: str) -> Any:
    """The recipient as pyrage has it; None when it takes it for none."""
    form = pyrage.ssh if text.startswith("ssh-") else pyrage.x25519
    try:
        return form.Recipient.from_str(text)
    except pyrage.RecipientError:
        return None
