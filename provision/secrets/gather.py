"""Reading what many secrets refer to: each reference once, those that take long at the same time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from provision.kinds.secret_base import Reference
from provision.secrets.sources import SOURCES, Reading, Surroundings, UnreadableSecretError

# Programs mostly wait for a network; more of them at once is what vaults limit.
MAX_THREADS = 16


class Errand(NamedTuple):
    """One thing to read: from which source, what, and from where relative paths start."""

    source: str
    reference: Reference
    folder: str


Answer = Reading | UnreadableSecretError


def gather(errands: Iterable[Errand], surroundings: Surroundings) -> Mapping[Errand, Answer]:
    """An answer to each: what was read, or why it cannot be."""
    wanted = dict.fromkeys(errands)
    path = cache(Path)
    readers = {name: SOURCES[name].equipped(surroundings) for name in {errand.source for errand in wanted}}

    def answer(errand: Errand) -> Answer:
        try:
            return readers[errand.source](errand.reference, path(errand.folder))
        except UnreadableSecretError as error:
            return error

    slow = [errand for errand in wanted if SOURCES[errand.source].waits]
    answers = {errand: answer(errand) for errand in wanted if not SOURCES[errand.source].waits}
    with ThreadPoolExecutor(max_workers=max(1, min(MAX_THREADS, len(slow)))) as pool:
        answers.update(zip(slow, pool.map(answer, slow), strict=True))
    return answers
