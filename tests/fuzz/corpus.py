"""What is mutated: files that use every feature there is, and all that the repository has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from tests.fuzz.ground import CORPUS, settings_bytes
from tests.project import REPOSITORY

PEOPLE: Final = (CORPUS / "people.yaml").read_bytes()
SAMPLES: Final = (CORPUS / "samples.yaml").read_bytes()
IN_CLEAR: Final = (CORPUS / "in-clear.yaml").read_bytes()
POLICY: Final = (CORPUS / "policy.yaml").read_bytes()
SETTINGS: Final = settings_bytes()


def _read(*patterns: str) -> Iterator[bytes]:
    for pattern in patterns:
        yield from (file.read_bytes() for file in sorted(REPOSITORY.glob(pattern)))


def _of_documents() -> Iterator[bytes]:
    for page in _read("README.md", "docs/**/*.md", "examples/*/README.md"):
        yield from re.findall(rb"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)


def _is_of_policies(content: bytes) -> bool:
    return b"kind: Policy" in content or b"overrides:" in content


_ALL: Final = [
    content
    for content in (*_read("manifests/**/*.yaml", "examples/**/*.yaml", "tests/**/cases/**/*.yaml"), *_of_documents())
    if len(content) < 20_000
]
MANIFESTS: Final = [content for content in _ALL if not _is_of_policies(content)]
POLICIES: Final = [POLICY, *filter(_is_of_policies, _ALL)]


def documents(content: bytes) -> list[Any]:
    """The documents of a file as plain data; moments stay text, as the program reads them."""
    return list(yaml.load_all(content, Loader=_Loader))


class _Loader(yaml.SafeLoader):
    """YAML as PyYAML reads it, but for its dates."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
