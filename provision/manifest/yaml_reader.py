"""Reads YAML into documents with positions, by the rules of YAML 1.2 less what is a trap in a manifest.

PyYAML's parser events are the base: its `load` and `compose` take YAML 1.1's view of plain scalars, let the last of
two equal keys win, and overflow the C stack on deep nesting.
"""

from __future__ import annotations

import functools
import logging
from typing import TYPE_CHECKING

import yaml

from provision.errors import Problem
from provision.manifest.builder import DocumentBuilder, TooDeepError
from provision.manifest.source_text import checked
from provision.manifest.syntax_errors import syntax_problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from provision.manifest.document import Document

_log = logging.getLogger(__name__)


def read_documents(content: bytes, *, file: str) -> Iterator[Document | Problem]:
    """Yield each document as soon as it is read, or all its problems in its place; nothing for an empty document.

    After a syntax error, an undecodable byte or a hidden character, one problem is yielded and the rest of the file
    is given up.
    """
    text = checked(content, file=file)
    if isinstance(text, Problem):
        yield text
        return
    builder = DocumentBuilder(file)
    try:
        for event in iter(_parser(text).get_event, None):
            if type(event) is yaml.DocumentEndEvent:
                yield from builder.finish()
            else:
                builder.handlers[type(event)](event)
    except TooDeepError:
        yield from builder.problems
    except yaml.YAMLError as error:
        yield from builder.problems
        yield syntax_problem(error, text, file=file)


def _parser(text: bytes) -> yaml.CSafeLoader | yaml.SafeLoader:
    if yaml.__with_libyaml__:
        return yaml.CSafeLoader(text)
    _warn_of_slow_parser()
    return yaml.SafeLoader(text)


@functools.cache
def _warn_of_slow_parser() -> None:
    _log.warning("PyYAML was built without libyaml: reading manifests takes about 17 times as long")
