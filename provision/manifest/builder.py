"""Builds plain data from a YAML parser's events, and refuses what a manifest may not hold."""

from __future__ import annotations

from array import array
from sys import intern
from typing import TYPE_CHECKING, Any, Final, NoReturn

from yaml import events

from provision.errors import Position, Problem
from provision.manifest.document import LINE_SHIFT, Document, dotted, quoted
from provision.manifest.limits import MAX_DEPTH, MAX_NODES, MAX_PROBLEMS
from provision.manifest.scalars import MAY_BE_TYPED, Refusal, plain_value
from provision.manifest.source_text import hidden_character

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# libyaml takes time proportional to the depth for each token, so it is not asked to read on beyond this.
_HOPELESS_DEPTH: Final = 4 * MAX_DEPTH


class TooDeepError(Exception):
    """The text is nested so deeply that reading on, even only to find the next document, is not worth its time."""


class _UnusableKey:
    """Stands in a mapping for a key that was refused, so that data and marks stay in step."""

    __slots__ = ("name",)

    def __init__(self, name: str) -> None:
        self.name = name


_AWAITED: Final = _UnusableKey("")  # the innermost mapping has no key yet for its next value
_DUPLICATES: Final = "keep one of the two; the first is on line {line}"


class DocumentBuilder:
    """Builds one document after the other; explicit stacks, so that depth never becomes recursion.

    `handlers` maps an event's class to what is called with it; `finish` takes the place of a handler for the end of
    a document.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._building: dict[type, Callable[[Any], None]] = {
            events.StreamStartEvent: self._ignore,
            events.DocumentStartEvent: self._start_document,
            events.ScalarEvent: self._add_scalar,
            events.MappingStartEvent: self._open_mapping,
            events.SequenceStartEvent: self._open_sequence,
            events.MappingEndEvent: self._close,
            events.SequenceEndEvent: self._close,
            events.AliasEvent: self._refuse_alias,
            events.StreamEndEvent: self._ignore,
        }
        self._skipping: dict[type, Callable[[Any], None]] = {
            events.ScalarEvent: self._ignore,
            events.MappingStartEvent: self._skip_deeper,
            events.SequenceStartEvent: self._skip_deeper,
            events.MappingEndEvent: self._skip_back,
            events.SequenceEndEvent: self._skip_back,
            events.AliasEvent: self._ignore,
        }
        self.handlers = dict(self._building)
        self.problems: list[Problem] = []
        self._begin()

    def finish(self) -> Iterator[Document | Problem]:
        """Yield the document, or its problems, or nothing for an empty one; then start the next."""
        if self.problems:
            yield from self.problems
        elif not self._empty:
            yield Document(file=self._file, data=self._root[0], marks=array("Q", self._marks))
        self.problems = []
        self.handlers.update(self._building)
        self._begin()

    def _begin(self) -> None:
        self._root: list[Any] = []
        self._empty = False
        self._marks: list[int] = []
        self._top: Any = self._root  # the innermost list or mapping
        self._key: Any = None  # of the value to come in it; None in a list
        self._outer: list[tuple[Any, Any]] = []  # the lists and mappings around it, each with its key
        self._skipped_depth = 0

    def _ignore(self, event: Any) -> None:
        pass

    def _start_document(self, event: Any) -> None:
        if event.version not in {None, (1, 2)}:
            self._refuse(event, "only YAML 1.2 is supported", hint="remove the %YAML line")
        if event.tags:
            self._refuse(event, "%TAG directives are not supported", hint="remove the %TAG line")

    def _add_scalar(self, event: Any) -> None:
        mark = event.start_mark
        marks = self._marks
        marks.append(mark.line << LINE_SHIFT | mark.column)
        if event.tag is not None or event.anchor is not None:
            self._refuse_properties(event)
        key = self._key
        if key is _AWAITED:
            self._key = self._read_key(event)
            return
        value = event.value
        style = event.style
        if not style:
            if not value or value[0] in MAY_BE_TYPED:
                value = self._read_plain(event)
        elif style == '"' and not value.isprintable():
            self._refuse_hidden(event)
        if key is None:
            self._top.append(value)
        else:
            self._top[key] = value
            self._key = _AWAITED
        if len(marks) > MAX_NODES:
            self._refuse_size(event)

    def _read_plain(self, event: Any) -> object:
        if not event.value and event.tag is None and event.anchor is None and self._top is self._root:
            self._empty = True
        value = plain_value(event.value)
        if isinstance(value, Refusal):
            self._refuse(event, value.message, hint=value.hint)
        return value

    def _read_key(self, event: Any) -> str | _UnusableKey:
        name: str = event.value
        if not event.style and not isinstance(plain_value(name), str):
            message, hint = "a key must be a string", f"quote it: {quoted(name)}"
        elif not event.style and name == "<<":
            message, hint = "merge keys are not supported", "write the fields out in each place"
        elif (character := hidden_character(name, key=True)) is not None:
            message, hint = f"the key holds the character {character}", "remove it"
        elif name in self._top:
            line = self._line_of_first(name)
            message, hint = f"duplicate key {quoted(name)}", _DUPLICATES.format(line=line)
        else:
            return intern(name)
        self._key = unusable = _UnusableKey(name)
        self._refuse(event, message, hint=hint)
        return unusable

    def _line_of_first(self, name: str) -> int:
        partial = Document(file=self._file, data=self._root[0], marks=array("Q", self._marks))
        return partial.locate([*self._path(), name], key=True).line

    def _open_mapping(self, event: Any) -> None:
        self._open(event, {})
        self._key = _AWAITED

    def _open_sequence(self, event: Any) -> None:
        self._open(event, [])
        self._key = None

    def _open(self, event: Any, container: dict[Any, Any] | list[Any]) -> None:
        mark = event.start_mark
        self._marks.append(mark.line << LINE_SHIFT | mark.column)
        if event.tag is not None or event.anchor is not None:
            self._refuse_properties(event)
        top, key = self._top, self._key
        if key is _AWAITED:
            self._refuse(event, "a key must be a string", hint="quote it; a list or mapping cannot be a key")
            top[_UnusableKey("?")] = container
        elif key is None:
            top.append(container)
        else:
            top[key] = container
        self._outer.append((top, key))
        self._top = container
        if len(self._outer) > MAX_DEPTH:
            self._refuse_depth(event)
        elif len(self._marks) > MAX_NODES:
            self._refuse_size(event)

    def _close(self, event: Any) -> None:
        self._top, key = self._outer.pop()
        if key is _AWAITED:
            self._key = _UnusableKey("?")
        else:
            self._key = None if key is None else _AWAITED
