"""Builds documents from a YAML parser's events, and refuses what a manifest may not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from yaml import events

from provision.errors import Position, Problem
from provision.manifest import refusals
from provision.manifest.document import LINE_SHIFT, Document, dotted, quoted
from provision.manifest.growing_tree import KEY_AWAITED, GrowingTree, RefusedKey
from provision.manifest.limits import MAX_DEPTH, MAX_NODES, MAX_PROBLEMS
from provision.manifest.refusals import Refusal
from provision.manifest.scalars import MAY_BE_TYPED, plain_value
from provision.manifest.source_text import hidden_character

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# libyaml takes time proportional to the depth for each token, so it is not asked to read on beyond this.
_HOPELESS_DEPTH: Final = 4 * MAX_DEPTH


class TooDeepError(Exception):
    """The text is nested so deeply that reading on, only to find the next document, is not worth the time."""


class DocumentBuilder:
    """Builds the documents of one file, one after the other.

    `handlers` has what to call for each class of event at this moment; the end of a document is `finish`.
    """

    def __init__(self, file: str) -> None:
        self._file = file
        self._building: dict[type, Callable[[Any], None]] = {
            events.StreamStartEvent: _ignore,
            events.DocumentStartEvent: self._check_directives,
            events.ScalarEvent: self._take_scalar,
            events.AliasEvent: self._take_alias,
            events.MappingStartEvent: self._open_mapping,
            events.SequenceStartEvent: self._open_sequence,
            events.MappingEndEvent: self._close,
            events.SequenceEndEvent: self._close,
            events.StreamEndEvent: _ignore,
        }
        self._skipping: dict[type, Callable[[Any], None]] = {
            events.ScalarEvent: _ignore,
            events.AliasEvent: _ignore,
            events.MappingStartEvent: self._skip_deeper,
            events.SequenceStartEvent: self._skip_deeper,
            events.MappingEndEvent: self._skip_back,
            events.SequenceEndEvent: self._skip_back,
        }
        self._known_keys: dict[str, str] = {}  # found good when unquoted: the same few words again and again
        self._begin()

    def finish(self) -> Iterator[Document | Problem]:
        """Yield the document, or its problems, or nothing when it is empty; then start the next."""
        if self.problems:
            yield from self.problems
        elif not self._empty:
            yield self._tree.document(self._file)
        self._begin()

    def _begin(self) -> None:
        self.handlers = self._building
        self.problems: list[Problem] = []
        self._tree = GrowingTree()
        self._empty = False
        self._skipped_depth = 0

    def _check_directives(self, event: Any) -> None:
        if event.version not in {None, (1, 2)} or event.tags:
            self._refuse(event, refusals.DIRECTIVE)

    def _take_scalar(self, event: Any) -> None:
        tree, mark = self._tree, event.start_mark
        tree.marks.append(mark.line << LINE_SHIFT | mark.column)  # a call of _packed would cost 5 % of all reading
        if event.tag is not None or event.anchor is not None:
            self._refuse_properties(event)
        value, style = event.value, event.style
        if tree.key is KEY_AWAITED:
            key = self._known_keys.get(value)
            tree.key = self._read_key(event) if key is None or tree.holds_key(key) else key
            return
        if not style:
            if not value or value[0] in MAY_BE_TYPED:
                value = self._read_plain(event)
        elif style == '"' and (character := hidden_character(value)):
            self._refuse(event, refusals.hidden(character, where="value"))
        tree.add(value)
        if len(tree.marks) > MAX_NODES:
            self._skip_rest(event, refusals.TOO_MANY_NODES)

    def _take_alias(self, event: Any) -> None:
        tree = self._tree
        tree.marks.append(_packed(event.start_mark))
        self._refuse(event, refusals.ALIAS)
        if tree.key is KEY_AWAITED:
            tree.key = RefusedKey("*")
        else:
            tree.add(None)

    def _open_mapping(self, event: Any) -> None:
        self._open(event, {})

    def _open_sequence(self, event: Any) -> None:
        self._open(event, [])

    def _open(self, event: Any, container: dict[Any, Any] | list[Any]) -> None:
        tree = self._tree
        tree.marks.append(_packed(event.start_mark))
        if event.tag is not None or event.anchor is not None:
            self._refuse_properties(event)
        if tree.depth == MAX_DEPTH:
            self._skip_rest(event, refusals.TOO_DEEP)
        elif len(tree.marks) > MAX_NODES:
            self._skip_rest(event, refusals.TOO_MANY_NODES)
        else:
            if tree.key is KEY_AWAITED:
                self._refuse(event, refusals.COLLECTION_AS_KEY)
            tree.open(container)

    def _close(self, _event: Any) -> None:
        self._tree.close()

    def _read_plain(self, event: Any) -> object:
        value = plain_value(event.value)
        if isinstance(value, Refusal):
            self._refuse(event, value)
        elif not (event.value or self._tree.depth):
            self._empty = True
        return value

    def _read_key(self, event: Any) -> str | RefusedKey:
        name: str = event.value
        if not (name or event.style):
            refusal = refusals.MISSING_KEY
        elif not event.style and not isinstance(plain_value(name), str):
            refusal = refusals.key_is_not_text(quoted(name))
        elif not event.style and name == "<<":
            refusal = refusals.MERGE_KEY
        elif character := hidden_character(name, key=True):
            refusal = refusals.hidden(character, where="key")
        elif self._tree.holds_key(name):
            refusal = refusals.duplicate_key(quoted(name), first_line=self._line_of(name))
        else:
            if not event.style:
                self._known_keys[name] = name
            return name
        self._tree.key = refused = RefusedKey(name)
        self._refuse(event, refusal)
        return refused

    def _line_of(self, key: str) -> int:
        return self._tree.document(self._file).locate([*self._tree.path(), key], key=True).line

    def _refuse_properties(self, event: Any) -> None:
        if event.tag is not None:
            self._refuse(event, refusals.TAG)
        if event.anchor is not None:
            self._refuse(event, refusals.ANCHOR)

    def _refuse(self, event: Any, refusal: Refusal) -> None:
        if len(self.problems) > MAX_PROBLEMS:
            return
        if len(self.problems) == MAX_PROBLEMS:
            refusal = refusals.MORE_PROBLEMS
            self.handlers = self._skipping
        mark = event.start_mark
        position = Position(file=self._file, line=mark.line + 1, column=mark.column + 1)
        path = dotted(self._tree.path())
        self.problems.append(Problem(message=refusal.message, hint=refusal.hint, position=position, path=path))

    def _skip_rest(self, event: Any, refusal: Refusal) -> None:
        self._refuse(event, refusal)
        self.handlers = self._skipping

    def _skip_deeper(self, _event: Any) -> None:
        self._skipped_depth += 1
        if self._skipped_depth > _HOPELESS_DEPTH:
            raise TooDeepError

    def _skip_back(self, _event: Any) -> None:
        self._skipped_depth -= 1


def _ignore(_event: Any) -> None:
    """Take an event that says nothing about a document's content."""


def _packed(mark: Any) -> int:
    position: int = mark.line << LINE_SHIFT | mark.column
    return position
