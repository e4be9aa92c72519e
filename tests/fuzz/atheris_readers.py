"""Coverage-guided fuzzing of the readers with atheris, which no test runs and no dependency brings:

    pip install atheris
    python -m tests.fuzz.atheris_readers -max_total_time=300 -rss_limit_mb=1024 -timeout=10

An exception that is not the reader's own ends it, and libFuzzer keeps the input in a file `crash-…`.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import atheris

with atheris.instrument_imports(include=["provision"]):
    from provision.errors import InvalidInputError
    from provision.manifest.yaml_reader import read_documents
    from provision.policy.expression import Expression, compiled
    from provision.policy.load import load as load_policies
    from provision.policy.names import flaws
    from provision.policy.rule import Over
    from provision.reconcile.saved.document import read_plan
    from provision.secrets.seal import Seal
    from provision.settings import load_settings

FOLDER: Final = Path(tempfile.mkdtemp(prefix="atheris-"))


def _file(name: str, content: bytes) -> Path:
    file = FOLDER / name
    file.write_bytes(content)
    return file


def _manifests(content: bytes) -> None:
    for item in read_documents(content, file="all.yaml"):
        str(item)


def _expressions(content: bytes) -> None:
    found = compiled(content.decode(errors="replace")[:1000])
    if isinstance(found, Expression):
        list(flaws(found, Over.CHANGE))


def _policies(content: bytes) -> None:
    load_policies([_file("all.yaml", content)], relative_to=FOLDER, kinds=["User"])


def _plans(content: bytes) -> None:
    read_plan(_file("plan.json", content), Seal())


def _settings(content: bytes) -> None:
    load_settings(_file("provision.toml", content), FOLDER)


READERS: Final[Sequence[Callable[[bytes], None]]] = (_manifests, _expressions, _policies, _plans, _settings)


def one_input(data: bytes) -> None:
    """The first byte says which reader gets the rest."""
    if not data:
        return
    try:
        READERS[data[0] % len(READERS)](data[1:])
    except InvalidInputError as error:
        for problem in error.problems:
            str(problem).encode()


def write_seeds(folder: Path) -> None:
    """What the examples begin with, each with the number of its reader before it."""
    from tests.fuzz.corpus import MANIFESTS, PEOPLE, POLICIES, SAMPLES, SETTINGS, documents

    expressions = [
        rule[name].encode()
        for content in POLICIES
        for document in _documents_of(documents, content)
        for rule in document.get("rules", [])
        for name in ("when", "require")
        if isinstance(rule, dict) and isinstance(rule.get(name), str)
    ]
    plan = b'{"format": "provision.plan/v1", "seal": "sha256:' + b"0" * 64 + b'"}'
    seeds = ([PEOPLE, SAMPLES, *MANIFESTS], expressions, POLICIES, [plan], [SETTINGS])
    for number, contents in enumerate(seeds):
        for place, content in enumerate(contents):
            (folder / f"{number}-{place}").write_bytes(bytes([number]) + content)


def _documents_of(read: Callable[[bytes], list[Any]], content: bytes) -> list[dict[str, Any]]:
    try:
        return [document for document in read(content) if isinstance(document, dict)]
    except Exception:  # noqa: BLE001  some of them are samples of what is no YAML
        return []


if __name__ == "__main__":
    corpus = FOLDER / "corpus"
    corpus.mkdir()
    write_seeds(corpus)
    atheris.Setup([*sys.argv, str(corpus)], one_input)
    atheris.Fuzz()
