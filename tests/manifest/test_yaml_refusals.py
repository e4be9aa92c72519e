"""What is refused, each with its exact place, a message and a hint; and never with the value itself."""

from __future__ import annotations

import time
from typing import Final

import pytest

from provision.errors import Problem
from provision.manifest.document import Document
from provision.manifest.limits import MAX_DEPTH, MAX_FILE_BYTES, MAX_NODES, MAX_PROBLEMS
from tests.manifest.reading import place, problems_of, read

both_parsers = pytest.mark.usefixtures("parser")

ESC: Final = "\x1b"
REFUSALS: Final = {
    "duplicate key": ("a: 1\nb: 2\na: 3", "3:1 a", 'duplicate key "a"', "the first is on line 1; keep one of"),
    "duplicate key deep down": (
        "x: [1, {k: [2]}]\nspec:\n  - {q: 1}\n  - a: [1, 2]\n\n    b: 1\n    'b': 2",
        "7:5 spec[1].b",
        'duplicate key "b"',
        "the first is on line 6; keep one of the two",
    ),
    "tag on a scalar": ("a: !!str 1", "1:4 a", "explicit tags are not supported", "remove the tag"),
    "own tag": ("a:\n  - !secret x", "2:5 a[0]", "explicit tags are not supported", "remove the tag"),
    "tag on a list": ("a: !!seq [1]", "1:4 a", "explicit tags are not supported", "remove the tag"),
    "tag on a mapping": ("!!map {a: 1}", "1:1", "explicit tags are not supported", "remove the tag"),
    "tag on a key": ("!!str a: 1", "1:1", "explicit tags are not supported", "remove the tag"),
    "tag on nothing": ("a: !!null", "1:4 a", "explicit tags are not supported", "remove the tag"),
    "non-specific tag": ("a: ! 12", "1:4 a", "explicit tags are not supported", "remove the tag"),
    "tag without a handle": ("a: !b!c x", "1:4", "explicit tags are not supported", "quote"),
    "anchor": ("a: &b 1", "1:4 a", "anchors are not supported", "write values out"),
    "anchor on a list": ("a: &b [1]", "1:4 a", "anchors are not supported", "write values out"),
    "alias": ("a: *b", "1:4 a", "aliases are not supported", "write the value out"),
    "alias as a key": ("*b : 1", "1:1", "aliases are not supported", "write the value out"),
    "merge key": ("a:\n  <<: {b: 1}", '2:3 a["<<"]', "merge keys are not supported", "write the fields out"),
    "integer key": ("a: {1: x}", '1:5 a["1"]', "a key must be a string", 'quote it: "1"'),
    "boolean key": ("true: x", "1:1 true", "a key must be a string", 'quote it: "true"'),
    "null key": ("~: x", '1:1 ["~"]', "a key must be a string", 'quote it: "~"'),
    "float key": ("1.5: x", '1:1 ["1.5"]', "a key must be a string", 'quote it: "1.5"'),
    "octal key": ("007: x", '1:1 ["007"]', "a key must be a string", 'quote it: "007"'),
    "missing key": ("? \n: x", '1:2 [""]', "a key is missing before the colon", "write one"),
    "list as a key": ("? [a]\n: b", "1:3", "a key must be a string", "quote it"),
    "mapping as a key": ("{a: 1}: b", "1:1", "a key must be a string", "quote it"),
    "leading zero": ("a: 0777", "1:4 a", "an integer with a leading zero is ambiguous", "quote the value"),
    "negative leading zero": ("[-012]", "1:2 [0]", "an integer with a leading zero is ambiguous", "quote the value"),
    "two zeros": ("a: 00", "1:4 a", "an integer with a leading zero is ambiguous", "quote the value"),
    "64 bits and one": ("a: 9223372036854775808", "1:4 a", "the number is too large", "quote the value"),
    "64 bits and one below": ("a: -9223372036854775809", "1:4 a", "the number is too large", "quote the value"),
    "5,000 digits": ("a: " + "1" * 5000, "1:4 a", "the number is too large", "quote the value"),
    "5,000 hexadecimal digits": ("a: 0x" + "f" * 5000, "1:4 a", "the number is too large", "quote the value"),
    "64 bits in octal": ("a: 0o7777777777777777777777", "1:4 a", "the number is too large", "quote the value"),
    "infinite decimal": ("a: 1e999", "1:4 a", "the number is too large", "quote the value"),
    "5,000 digits and a point": ("a: " + "1" * 5000 + ".5", "1:4 a", "the number is too large", "quote the value"),
    "infinity": ("a: .inf", "1:4 a", "infinity and not-a-number are not supported", "quote the value"),
    "minus infinity": ("a: -.INF", "1:4 a", "infinity and not-a-number are not supported", "quote the value"),
    "not a number": ("a: .NaN", "1:4 a", "infinity and not-a-number are not supported", "quote the value"),
    "escaped control character": (r'a: "x\x1b"', "1:4 a", "the value holds the character U+001B", "remove it"),
    "escaped null": (r'a: "\0"', "1:4 a", "the value holds the character U+0000", "remove it"),
    "escaped delete": (r'a: "\x7f"', "1:4 a", "the value holds the character U+007F", "remove it"),
    "escaped C1": (r'a: "\N"', "1:4 a", "the value holds the character U+0085", "remove it"),
    "escaped noncharacter": (r'a: "\uFFFE"', "1:4 a", "the value holds the character U+FFFE", "remove it"),
    "escaped line break in a key": (r'a: {"k\n": 1}', r'1:5 a["k\n"]', "the key holds the character U+000A", "rem"),
    "tab in a key": ("'k\tl': 1", r'1:1 ["k\tl"]', "the key holds the character U+0009", "remove"),
    "block scalar as a key": ("? |\n  k\n: 1", r'1:3 ["k\n"]', "the key holds the character U+000A", "remove"),
    "control character": (f"a: 1\nb: x{ESC}", "2:5", "control character U+001B", "remove it"),
    "control character in a comment": (f"a: 1 # {ESC}", "1:8", "control character U+001B", "remove it"),
    "null byte": ("a: \0", "1:4", "control character U+0000", "remove it; a file full of these is not UTF-8"),
    "delete": ("a: é\x7f", "1:5", "control character U+007F", "remove it"),
    "C1": ("a: 😀\x9b", "1:5", "control character U+009B", "remove it"),
    "noncharacter": ("a: \uffff", "1:4", "control character U+FFFF", "remove it"),
    "line separator": ("a: x\r\nb: \u2028", "2:4", "separator U+2028", r'write "\u2028" in double quotes'),
    "byte order mark within": ("a: 1\r\ufeff---", "2:1", "byte order mark inside the text U+FEFF", "remove it"),
    "byte order mark twice": ("\ufeff\ufeffa: 1", "1:1", "byte order mark inside the text U+FEFF", "remove it"),
    "YAML 1.1": ("# x\n%YAML 1.1\n---\na: no", "2:1", "no directive but %YAML 1.2 is supported", "remove the line"),
    "YAML 2": ("%YAML 2.0\n---\na: no", "1:1", "no directive but %YAML 1.2 is supported", "remove the line"),
    "TAG directive": ("%TAG !e! x\n---\na: 1", "1:1", "no directive but %YAML 1.2 is supported", "remove the line"),
    "second problem on one node": ("é: {a: 1, a: &x 2}", "1:11 é.a", 'duplicate key "a"', "the first is on line 1"),
}  # fmt: skip


@both_parsers
@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_refused_has_position_path_message_and_hint(name: str) -> None:
    text, where, message, hint = REFUSALS[name]
    problem = problems_of(text)[0]
    assert place(problem) == where
    assert problem.message.startswith(message)
    assert problem.hint.startswith(hint)


@both_parsers
def test_all_problems_of_a_document_are_reported() -> None:
    text = "a: 1\na: [2, 007]\nb:\n  ? [x, .inf]\n  : &y !z q\nc:\n  {d: *y, <<: {d: 1, d: 2}}\nc: 4\n"
    assert [f"{place(problem)} {problem.message}" for problem in problems_of(text)] == [
        '2:1 a duplicate key "a"',
        "2:8 a[1] an integer with a leading zero is ambiguous",
        "4:5 b a key must be a string",
        '4:9 b["?"][1] infinity and not-a-number are not supported',
        '5:5 b["?"] explicit tags are not supported',
        '5:5 b["?"] anchors are not supported',
        "7:7 c.d aliases are not supported",
        '7:11 c["<<"] merge keys are not supported',
        '7:22 c["<<"].d duplicate key "d"',
        '8:1 c duplicate key "c"',
    ]
    assert problems_of(text)[-1].hint == "the first is on line 6; keep one of the two"


@both_parsers
def test_a_key_that_was_good_in_quotes_is_still_refused_without_them() -> None:
    document, problem = read('"1": a\n---\n1: b\n')
    assert isinstance(document, Document)
    assert isinstance(problem, Problem)
    assert place(problem) == '3:1 ["1"]'


SYNTAX: Final = {
    "tab before a key": ("a:\n\tb: 1", "2:1", "a tab is not allowed here", "indent with spaces"),
    "tab in a later line": ("a:\n  b: 1\n\tc: 2", "3:1", "a tab is not allowed here", "indent with spaces"),
    "open double quote": ('a: 1\nb: "x\nc: 1\n', "2:4", "a quote is never closed", "close it"),
    "open single quote": ("a: 'x\nb: 1\n---\n", "1:4", "a quote is never closed", "close it"),
    "open bracket": ("a:\n  - [1, 2\nb: 3\n", "3:2", "a comma or a closing bracket", "line 2,"),
    "open brace": ("a: {b: 1\nc: 2\n", "2:2", "a comma or a closing bracket", "line 1,"),
    "missing comma": ("a: [{b: 1} {c: 2}]", "1:12", "a comma or a closing bracket", "line 1,"),
    "missing colon": ("a: 1\nb\nc: 2", "2:1", "a colon is missing after a key", 'write "key: value"'),
    "missing key": ("a: 1\n: 2", "2:1", "a key is missing before the colon", "write one"),
    "value with @": ("a: @x", "1:4", "a value cannot start with @", "put the value in quotes"),
    "value with a backtick": ("a: [1, `x`]", "1:8", "a value cannot start with @", "put the value in quotes"),
    "value with %": ("é: %x", "1:4", "a value cannot start with @", "put the value in quotes"),
    "value with a comma": ("a: ,x", "1:4", "a value cannot start with this character", "put the value in quotes"),
    "value with a bracket": ("a: ]", "1:4", "a value cannot start with this character", "put the value in quotes"),
    "value with a star": ("a: *.x", "1:5", "anchors and aliases are not supported", "quote a value that starts with"),
    "value with an ampersand": ("a: &", "1:5", "anchors and aliases are not supported", "quote a value that starts"),
    "value with a colon": ("a: 😀 b: c", "1:7", "a colon is not allowed here", "quote a value that holds"),
    "too much indentation": ("a: 1\n  b: 2", "2:4", "a colon is not allowed here", "quote a value that holds"),
    "too little indentation": ("a:\n  b: 1\n c: 2", "3:2", "this does not continue what is above it", "indent"),
    "text after a quote": ("a: 'it's'", "1:8", "this does not continue what is above it", "indent"),
    "list within a mapping": ("a: 1\n- b", "2:1", "this does not continue what is above it", "indent"),
    "list on the line of its key": ("a: - b", "1:4", 'a list entry ("- ") is not allowed here', "start the list"),
    "extra bracket": ("[1]]", "1:4", "nothing may follow the end of a document", "remove the extra bracket"),
    "unknown escape": (r'a: "\q"', "1:5", "a backslash and what follows it are not an escape", "write two"),
    "unfinished escape": (r'a: "\x4"', "1:7", "a backslash and what follows it are not an escape", "write two"),
    "escaped surrogate": (r'a: "\ud800"', "1:7", "an escape names no character", "write the char"),
    "escaped surrogate pair": (r'a: "\ud83d\ude00"', "1:7", "an escape names no character", "write the char"),
    "text after a pipe": ("a: |x\n  y", "1:5", "the text of a block does not fit", "start the text"),
    "unknown directive": ("%FOO\n---\n", "1:5", "no directive but %YAML 1.2 is supported", "remove the line"),
    "unfinished tag": ("a: !<x", "1:7", "explicit tags are not supported", "quote a value that starts with !"),
}  # fmt: skip


@pytest.mark.parametrize("name", SYNTAX)
def test_a_syntax_error_is_one_problem_in_plain_words(name: str) -> None:
    text, where, message, hint = SYNTAX[name]
    (problem,) = [item for item in read(text) if isinstance(item, Problem)]
    assert place(problem) == where
    assert problem.message.startswith(message)
    assert hint in problem.hint


ENCODINGS: Final = {
    "UTF-16 LE": ("\ufeffa: 1".encode("utf-16-le"), "1:1", "the file is UTF-16"),
    "UTF-16 BE": ("\ufeffa: 1".encode("utf-16-be"), "1:1", "the file is UTF-16"),
    "UTF-32 LE": ("\ufeffa: 1".encode("utf-32-le"), "1:1", "the file is UTF-32"),
    "UTF-32 BE": ("\ufeffa: 1".encode("utf-32-be"), "1:1", "the file is UTF-32"),
    "UTF-16 without a mark": ("a: 1".encode("utf-16-le"), "1:2", "control character U+0000"),
    "Latin-1": ("a: 1\r\nb: 'é😀'\nc: ".encode() + b"caf\xe9", "3:7", "the text is not valid UTF-8"),
    "Latin-1 after a byte order mark": (b"\xef\xbb\xbfn\xe9", "1:2", "the text is not valid UTF-8"),
    "cut off": ("a: 😀".encode()[:-1], "1:4", "the text is not valid UTF-8"),
    "surrogate": (b"a: \xed\xa0\x80", "1:4", "the text is not valid UTF-8"),
    "too long a form": (b"a: \xc0\x80", "1:4", "the text is not valid UTF-8"),
}


@both_parsers
@pytest.mark.parametrize("name", ENCODINGS)
def test_a_file_that_is_not_utf_8_is_one_problem(name: str) -> None:
    content, where, message = ENCODINGS[name]
    (problem,) = problems_of(content)
    assert (place(problem), problem.message) == (where, message)
    assert "UTF-8" in problem.hint


@pytest.mark.parametrize("unit", ["[", "{a: ", "- ", "? ", "[[],", "{? "])
def test_a_depth_bomb_is_refused_at_once(unit: str) -> None:
    started = time.perf_counter()
    problem = problems_of(unit * 100_000)[0 if "?" not in unit else -1]
    assert problem.message == f"lists and mappings are nested more than {MAX_DEPTH} deep"
    assert time.perf_counter() - started < 1


@both_parsers
def test_the_depth_may_be_32_and_no_more() -> None:
    assert len(read("[" * MAX_DEPTH + "]" * MAX_DEPTH)) == 1
    assert isinstance(read("[" * MAX_DEPTH + "]" * MAX_DEPTH)[0], Document)
    too_deep, document = read("a: " + "[" * MAX_DEPTH + "x" + "]" * MAX_DEPTH + "\n---\nb: 1")
    assert isinstance(too_deep, Problem)
    assert place(too_deep) == f"1:{3 + MAX_DEPTH} a" + "[0]" * (MAX_DEPTH - 1)
    assert isinstance(document, Document)


@pytest.mark.parametrize(
    ("text", "nodes"),
    [("- a\n", 1), ("- []\n", 1), ("- [a]\n", 2), ("- {a: b}\n", 3), ("? {a: b, c: d}\n", 5)],
    ids=repr,
)
def test_a_document_may_have_100_000_nodes_and_no_more(text: str, nodes: int) -> None:
    fits = (MAX_NODES - 1) // nodes
    if text.startswith("-"):
        assert isinstance(read(text * fits)[0], Document)
    *_, problem, document = read(text * (fits + 1) + "---\nb: 1")
    assert isinstance(problem, Problem)
    assert problem.message in {
        "the document has more than 100,000 keys and values",
        "the document has more problems; the others are not shown",
    }
    assert isinstance(document, Document)


def test_an_alias_bomb_is_refused_at_its_first_anchor() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 1000))]
    problems = problems_of("\n".join(lines))
    assert place(problems[0]) == "1:5 a0"
    assert problems[0].message == "anchors are not supported"
    assert len(problems) == MAX_PROBLEMS + 1
    assert problems[-1].message == "the document has more problems; the others are not shown"


def test_very_many_duplicates_do_not_take_quadratic_time() -> None:
    started = time.perf_counter()
    assert len(problems_of("".join(f"k{i}: 1\n" for i in range(24_000)) * 2)) == MAX_PROBLEMS + 1
    assert time.perf_counter() - started < 5


def test_a_file_over_64_mib_is_refused_unread() -> None:
    (problem,) = problems_of(b"#" * (MAX_FILE_BYTES + 1))
    assert str(problem) == "m/a.yaml:1:1: the file is larger than 64 MiB. Hint: split it into several files"


SECRET: Final = "Tr0ub4dor"


@both_parsers
@pytest.mark.parametrize(
    "text",
    [
        f"!{SECRET}", f"!{SECRET}!x y", f"!<{SECRET}", f"&{SECRET} x", f"*{SECRET}", f"@{SECRET}", f"%{SECRET}",
        f"`{SECRET}", f"'{SECRET}", f'"{SECRET}', f'"{SECRET}\\q"', f'"{SECRET}\\x1b"', f"x: {SECRET}",
        f"'{SECRET}'{SECRET}", f"|{SECRET}", f"[{SECRET}", f"- {SECRET}", f"{SECRET}\x1b", f'"\\ud800{SECRET}"',
        f"&{SECRET}!", f"]{SECRET}", f",{SECRET}", f"\t@{SECRET}", f'"\\{SECRET}"', f'"\\x{SECRET}"',
    ],
)  # fmt: skip
def test_no_problem_repeats_a_value(text: str) -> None:
    items = read(f"spec:\n  password: {text}\n")
    assert items
    for item in items:
        assert isinstance(item, Problem)
        assert SECRET not in str(item)
        assert SECRET not in repr(item)


def test_a_long_key_is_shortened_and_what_does_not_print_is_escaped() -> None:
    (problem,) = problems_of(f"{'k' * 100}: 1\n{'k' * 100}: 2\n")
    assert problem.message == f'duplicate key "{"k" * 59}…"'
    assert problem.path == f'["{"k" * 59}…"]'
    (hidden,) = problems_of('"\\e[1m": 1')
    assert hidden.path == '["\\u001b[1m"]'
