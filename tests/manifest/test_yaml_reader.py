"""Reading YAML: the values of YAML 1.2, and one document after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from provision.errors import Position, Problem
from provision.manifest.document import Document
from provision.manifest.yaml_reader import read_documents
from tests.manifest.reading import FILE, data_of, place, read

both_parsers = pytest.mark.usefixtures("parser")


@both_parsers
@pytest.mark.parametrize(
    ("text", "value"),
    [
        *((text, None) for text in ("null", "Null", "NULL", "~", "")),
        *((text, True) for text in ("true", "True", "TRUE")),
        *((text, False) for text in ("false", "False", "FALSE")),
        *((text, int(text)) for text in ("0", "-0", "+5", "-12", "9223372036854775807", "-9223372036854775808")),
        ("0o777", 511),
        ("0xFf", 255),
        ("0x0000000000000000000000000000000001", 1),
        ("1e3", 1000.0),
        ("-1.5E-2", -0.015),
        (".5", 0.5),
        ("5.", 5.0),
        ("+12.0e+1", 120.0),
        *(
            (text, text)
            for text in (
                *("no", "No", "NO", "yes", "on", "off", "y", "n", "nULL", "tRUE"),
                *("12:30:45", "2020-01-01", "2027-06-30T00:00:00Z", "1_000", "0b11", "0o8", "0xG", "-0x1", "1e", "."),
                *("+", "-1-", "1.2.3", "=", "<<", "+49 170 1", "nan", "inf", ".Nan", "$2b$12$x", "٣", "1\u00a0"),
            )
        ),
    ],
)
def test_a_plain_scalar_means_what_the_core_schema_of_yaml_1_2_says(text: str, value: object) -> None:
    (data,) = data_of(f"a: {text}\n")
    assert isinstance(data, dict)
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


@both_parsers
@pytest.mark.parametrize("text", ["no", "12", "0777", "null", "1e3", "", "12:30", "<<", ".inf", "9" * 5000])
@pytest.mark.parametrize("form", ["a: '{}'", 'a: "{}"', "a: |-\n  {}", "a: >-\n  {}"])
def test_quoted_and_block_scalars_are_always_text(text: str, form: str) -> None:
    assert data_of(form.format(text)) == [{"a": text}]


@both_parsers
def test_tabs_and_line_breaks_may_stand_in_values() -> None:
    assert data_of('a: "\\t\\n\\r x"\nb: |\n  1\t2\n  3\n') == [{"a": "\t\n\r x", "b": "1\t2\n3\n"}]


@both_parsers
@pytest.mark.parametrize(
    "text",
    [
        "",
        "\n",
        "# only a comment\n",
        "---\n",
        "---\n---\n",
        "---\n# nothing\n...\n---\n",
        "\ufeff",
        "%YAML 1.2\n---\n",
    ],
)
def test_an_empty_document_is_passed_over(text: str) -> None:
    assert read(text) == []


@both_parsers
@pytest.mark.parametrize("text", ["null", "~", "''", "--- ~\n"])
def test_a_document_that_says_null_or_nothing_in_quotes_is_not_empty(text: str) -> None:
    assert len(data_of(text)) == 1


@both_parsers
def test_documents_are_read_one_by_one_with_lines_of_the_whole_file() -> None:
    first, second = (item for item in read("a: 1\n---\n---\n# two\n- b\n") if isinstance(item, Document))
    assert (first.data, first.locate()) == ({"a": 1}, Position(file=FILE, line=1))
    assert (second.data, second.locate([0])) == (["b"], Position(file=FILE, line=5, column=3))


def test_a_document_comes_before_the_rest_of_the_file_is_parsed() -> None:
    reading = read_documents(b"a: 1\n---\nb: [\n", file=FILE)
    assert isinstance(next(reading), Document)
    assert isinstance(next(reading), Problem)


@both_parsers
def test_reading_goes_on_after_a_document_with_problems() -> None:
    items = read("a: 1\n---\nb: 007\nc: .inf\n---\nd: 1\n")
    assert [item.data if isinstance(item, Document) else place(item) for item in items] == [
        {"a": 1},
        "3:4 b",
        "4:4 c",
        {"d": 1},
    ]


@both_parsers
def test_after_a_syntax_error_the_rest_of_the_file_is_given_up_and_what_was_found_is_kept() -> None:
    items = read("a: 1\n---\nb: 007\nc: [\n---\nd: 1\n")
    assert [item.data if isinstance(item, Document) else place(item).split()[0] for item in items][:2] == [
        {"a": 1},
        "3:4",
    ]
    assert len(items) == 3
    assert isinstance(items[2], Problem)


@both_parsers
def test_carriage_returns_and_a_byte_order_mark_do_not_show() -> None:
    (document,) = read(b"\xef\xbb\xbfa: 1\r\nb:\r\n  - x\r\n")
    assert isinstance(document, Document)
    assert document.data == {"a": 1, "b": ["x"]}
    assert document.locate(["a"], key=True) == Position(file=FILE, line=1, column=1)
    assert document.locate(["b", 0]) == Position(file=FILE, line=3, column=5)


_READ_WITHOUT_LIBYAML = """
import logging, sys
sys.modules["yaml._yaml"] = None  # what an import finds where PyYAML was built without libyaml
from provision.manifest.yaml_reader import read_documents
logging.basicConfig(level=logging.WARNING, format="%(name)s %(levelname)s %(message)s")
for _ in range(2):
    print([document.data for document in read_documents(b"a: no", file="a.yaml")])
"""


def test_without_libyaml_the_slow_parser_reads_the_same_and_warns_once() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _READ_WITHOUT_LIBYAML], capture_output=True, text=True, check=True, cwd=root
    )
    assert done.stdout == "[{'a': 'no'}]\n" * 2
    assert done.stderr == (
        "provision.manifest.yaml_reader WARNING PyYAML was built without libyaml: "
        "reading manifests takes about 17 times as long\n"
    )
