"""Comparing and hashing, in threads: bcrypt releases the interpreter's lock, so all cores work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import TypeVar

from provision.core.address import Address
from provision.core.diff import Verdicts
from provision.core.secret import Secret, StoredSecret
from provision.core.state import Row, SecretUpdate
from provision.kinds.secret_generate import GenerateSpec, KeyGenerateSpec, PasswordGenerateSpec
from provision.secrets.mint import mint_key, mint_password
from provision.secrets.read import Material, Materials

Slot = tuple[Address, str]
# Called with the number of secrets done and the number of all; for a progress bar.
Progress = Callable[[int, int], None]
Item = TypeVar("Item")
Result = TypeVar("Result")


class Judge:
    """Tells whether stored values match the declared ones, and remembers, so that no pair is verified twice."""

    def __init__(self, materials: Materials, progress: Progress) -> None:
        self._materials = materials
        self._progress = progress
        self._known: dict[tuple[Slot, str], bool] = {}
        self.unreadable: set[Address] = set()
        self.asks_for = frozenset(
            slot for slot, item in materials.items() if item.request.spec.rule().update is SecretUpdate.ALWAYS
        )

    def verdicts(self, rows: Mapping[Address, Row]) -> Verdicts:
        """A verdict for every secret that is kept as declared and whose row exists."""
        wanted = {
            (slot, _stored(rows[slot[0]], slot[1])): self._materials[slot]
            for slot in self.asks_for
            if slot[0] in rows
        }
        unknown = [(key, material) for key, material in wanted.items() if key not in self._known]
        answers = _each(unknown, _judge, slow=_any_slow(unknown), progress=self._progress)
        for (key, _), answer in zip(unknown, answers, strict=True):
            if answer is None:
                self.unreadable.add(key[0][0])
            self._known[key] = answer is not False
        return {key[0]: self._known[key] for key in wanted}


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
    stored = _each(ready, _store, slow=_any_slow(wanted), progress=progress)
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


def _stored(row: Row, field: str) -> str:
    secret = row.secrets.get(field)
    return secret.reveal() if secret else ""


def _judge(item: tuple[tuple[Slot, str], Material]) -> bool | None:
    (_, stored), material = item
    if not stored:
        return False
    match material.value:
        case StoredSecret():
            return material.value.reveal() == stored
        case Secret():
            return material.codec.matches(material.value, stored)
        case _:
            return True  # nobody but who received it can tell


def _store(material: Material) -> StoredSecret:
    match material.value:
        case StoredSecret():
            return material.value
        case Secret():
            return material.codec.store(material.value, material.request.binding)
        case _:
            raise TypeError("it is to be generated first")


def _any_slow(items: Iterable[tuple[object, Material]]) -> bool:
    return any(material.codec.slow and not isinstance(material.value, StoredSecret) for _, material in items)


def _each(items: list[Item], work: Callable[[Item], Result], *, slow: bool, progress: Progress) -> list[Result]:
    if not slow:
        return [work(item) for item in items]
    results: list[Result] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for result in pool.map(work, items):
            results.append(result)
            progress(len(results), len(items))
    return results
