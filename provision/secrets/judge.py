"""Comparing stored secrets with the declared ones: by fingerprints, by digests, and only else by slow hashes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from typing import NamedTuple

from provision.core.address import Address, Slot
from provision.core.secret import Secret, StoredSecret
from provision.core.state import Record, Row, SecretRecord, Verdict
from provision.core.subject import Verdicts
from provision.kinds.secret_rules import cost
from provision.secrets.fingerprint import Fingerprints, Reading
from provision.secrets.judgement import Judgement, judge
from provision.secrets.outdated import outdated
from provision.secrets.parallel import Progress, in_threads
from provision.secrets.read import Material, Materials
from provision.secrets.verifier import verify


class _Case(NamedTuple):
    """One secret to judge: what is stored for it, and the fingerprint of what was."""

    slot: Slot
    stored: str
    fingerprint: str | None


class Judge:
    """Tells whether stored values match the declared ones, and remembers, so that no pair is verified twice.

    `asks_for` are the secrets that are kept as declared.
    """

    def __init__(
        self, materials: Materials, asks_for: Collection[Slot], fingerprints: Fingerprints | None, progress: Progress
    ) -> None:
        self._materials = materials
        self._fingerprints = fingerprints
        self._progress = progress
        self._known: dict[_Case, Judgement] = {}
        self.unreadable: set[Address] = set()
        self.weak: dict[Slot, str] = {}
        self.asks_for = asks_for
        self._stored: dict[Slot, str] = {}

    def verdicts(
        self, rows: Mapping[Address, Row], records: Mapping[Address, Record], works: Callable[[Row], bool]
    ) -> Verdicts:
        """A verdict for every secret that is kept as declared and whose row exists.

        `works` tells of a former generation of a row whether it still does: then a key is there in it as well.
        """
        cases = {case.slot: case for case in self._cases(rows, records, works)}
        self._stored = {slot: case.stored for slot, case in cases.items()}
        unknown = [(case, self._read(case)) for case in cases.values() if case not in self._known]
        slow = [item for item in unknown if self._is_slow(*item)]
        quick = [item for item in unknown if not self._is_slow(*item)]
        judged = [(item[0], self._judge(item)) for item in quick]
        answers = in_threads(slow, self._judge, self._progress)
        judged += ((case, judgement) for (case, _), judgement in zip(slow, answers, strict=True))
        self._known.update(judged)
        return {slot: self._known[case].verdict for slot, case in self._noted(cases)}

    def refreshed(self) -> Mapping[Slot, str]:
        """New fingerprints of passwords that are as declared, and of which the ledger has none that tells so."""
        wanted = (case for case, judgement in self._known.items() if judgement.refresh)
        return {
            case.slot: self.fingerprint(case.slot, case.stored)
            for case in wanted
            if self._stored.get(case.slot) == case.stored
        }

    def fingerprint(self, slot: Slot, stored: str) -> str:
        """The fingerprint of a declared password beside what is stored of it; empty where there is none."""
        material = self._materials[slot]
        if self._fingerprints is None or not _is_fingerprinted(material) or not isinstance(material.value, Secret):
            return ""
        return self._fingerprints.make(material.value, stored)

    def _cases(
        self, rows: Mapping[Address, Row], records: Mapping[Address, Record], works: Callable[[Row], bool]
    ) -> Iterator[_Case]:
        for slot in self.asks_for:
            address, field = slot
            row = rows.get(address)
            if row is None:
                continue
            stored = _stored(row, field)
            if not self._materials[slot].codec.slow:
                former = (_stored(older, field) for older in row.older if works(older))
                stored = next((text for text in former if self._is_right(slot, text)), stored)
            record = records.get(address)
            known = record.secrets.get(field) if record and record.is_of(row) else None
            yield _Case(slot, stored, (known or SecretRecord()).fingerprint)

    def _is_right(self, slot: Slot, stored: str) -> bool:
        return _matches(self._materials[slot], stored) is True

    def _read(self, case: _Case) -> Reading | None:
        """What the fingerprint tells; None where there is none to make, and so none to read."""
        value = self._materials[case.slot].value
        if self._fingerprints is None or not _is_fingerprinted(self._materials[case.slot]):
            return None
        return self._fingerprints.read(case.fingerprint, value, case.stored) if isinstance(value, Secret) else None

    def _is_slow(self, case: _Case, reading: Reading | None) -> bool:
        """Whether judging it takes a slow hash."""
        if not case.stored or not _is_fingerprinted(self._materials[case.slot]):
            return False
        return reading is None or not reading.tells_both_same

    def _judge(self, item: tuple[_Case, Reading | None]) -> Judgement:
        case, reading = item
        material = self._materials[case.slot]
        weakness = _weakness(material, case.stored) if material.request.spec.rehashes() else None
        return judge(reading, case.stored, lambda: _matches(material, case.stored), weakness)

    def _noted(self, cases: Mapping[Slot, _Case]) -> Iterator[tuple[Slot, _Case]]:
        for slot, case in cases.items():
            verdict, material = self._known[case].verdict, self._materials[slot]
            if verdict is Verdict.UNREADABLE:
                self.unreadable.add(slot[0])
            if verdict is Verdict.UNCHANGED and (why := _weakness(material, case.stored)):
                self.weak[slot] = why
            yield slot, case


def _is_fingerprinted(material: Material) -> bool:
    return material.codec.slow and isinstance(material.value, Secret)


def _weakness(material: Material, stored: str) -> str | None:
    """Why the stored hash is weaker than what we would make of the password."""
    if not _is_fingerprinted(material):
        return None
    binding = material.request.binding
    return outdated(stored, binding.secret or "", cost(binding.secret or "", binding))


def _stored(row: Row, field: str) -> str:
    secret = row.secrets.get(field)
    return secret.reveal() if secret else ""


def _matches(material: Material, stored: str) -> bool | None:
    match material.value:
        case StoredSecret():
            return material.value.reveal() == stored
        case Secret() if material.request.binding.accepts and stored.startswith("$"):
            # Whatever the codec has of its own: the application verifies modular-crypt forms as well.
            return verify(material.value, stored)
        case Secret():
            return material.codec.matches(material.value, stored)
        case _:
            return True  # nobody but who received it can tell
