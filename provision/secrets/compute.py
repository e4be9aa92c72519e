"""Comparing and hashing, in threads: bcrypt releases the interpreter's lock, so all cores work."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from provision.core.address import Address
from provision.core.diff import Verdicts
from provision.core.secret import Secret, StoredSecret
from provision.core.state import Row, SecretUpdate
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


def store_secrets(slots: Iterable[Slot], materials: Materials, progress: Progress) -> Mapping[Slot, StoredSecret]:
    """What to write for each of these secrets: its hash, made now where it is declared in clear."""
    wanted = [(slot, materials[slot]) for slot in slots]
    stored = _each(wanted, _store, slow=_any_slow(wanted), progress=progress)
    return {slot: value for (slot, _), value in zip(wanted, stored, strict=True)}


def _stored(row: Row, field: str) -> str:
    secret = row.secrets.get(field)
    return secret.reveal() if secret else ""


def _judge(item: tuple[tuple[Slot, str], Material]) -> bool | None:
    (_, stored), material = item
    if not stored:
        return False
    if isinstance(material.value, StoredSecret):
        return material.value.reveal() == stored
    return material.codec.matches(material.value, stored)


def _store(item: tuple[Slot, Material]) -> StoredSecret:
    _, material = item
    if isinstance(material.value, StoredSecret):
        return material.value
    return material.codec.store(material.value, material.request.binding)


def _any_slow(items: Iterable[tuple[object, Material]]) -> bool:
    return any(material.codec.slow and isinstance(material.value, Secret) for _, material in items)


def _each(items: list[Item], work: Callable[[Item], Result], *, slow: bool, progress: Progress) -> list[Result]:
    if not slow:
        return [work(item) for item in items]
    results: list[Result] = []
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        for result in pool.map(work, items):
            results.append(result)
            progress(len(results), len(items))
    return results
