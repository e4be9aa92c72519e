"""Making what is to be stored: secrets that are generated, and the hashes of all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from provision.core.address import Slot
from provision.core.secret import Secret, StoredSecret
from provision.kinds.secret_generate import GenerateSpec, KeyGenerateSpec, PasswordGenerateSpec
from provision.secrets.mint import mint_key, mint_password
from provision.secrets.parallel import Progress, in_threads
from provision.secrets.read import Material, Materials


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What a run writes of secrets: the hashes of all, and in clear those that it generated itself."""

    stored: Mapping[Slot, StoredSecret]
    generated: Mapping[Slot, Secret]


def make_secrets(slots: Iterable[Slot], materials: Materials, progress: Progress) -> Made:
    """Generate what is to be generated, and hash what is in clear."""
    wanted = [(slot, materials[slot]) for slot in slots]
    generated = {
        slot: _generate(material.value) for slot, material in wanted if not isinstance(material.value, _KNOWN)
    }
    ready = [replace(material, value=generated[slot]) if slot in generated else material for slot, material in wanted]
    is_slow = any(material.codec.slow and not isinstance(material.value, StoredSecret) for material in ready)
    stored = in_threads(ready, _store, progress) if is_slow else [_store(material) for material in ready]
    return Made(stored=dict(zip((slot for slot, _ in wanted), stored, strict=True)), generated=generated)


_KNOWN = (Secret, StoredSecret)


def _generate(how: Secret | StoredSecret | GenerateSpec) -> Secret:
    match how:
        case KeyGenerateSpec():
            return mint_key(how.prefix)
        case PasswordGenerateSpec():
            return mint_password(how.length, how.characters())
        case Secret() | StoredSecret():
            raise TypeError("it is known already")


def _store(material: Material) -> StoredSecret:
    match material.value:
        case StoredSecret():
            return material.value
        case Secret():
            return material.codec.store(material.value, material.request.binding)
        case _:
            raise TypeError("it is to be generated first")
