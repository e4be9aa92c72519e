"""The border between data and a reader."""

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.report.escape import line_of_data, printable

ANY_TEXT = st.text(st.characters(exclude_categories=()))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\nb\tc\0", r"a\u000ab\u0009c\u0000"),
        ("\x1b[2J", r"\u001b[2J"),
        ("\x1b]8;;https://evil\x1b\\here", r"\u001b]8;;https://evil\u001b\here"),
        ("\x9b31m\x85\x7f", r"\u009b31m\u0085\u007f"),
        ("\u2028\u2029", r"\u2028\u2029"),
        ("admin\u202enimda", r"admin\u202enimda"),
        ("\u061c\u200e\u200f\u202a\u2066\u2069", r"\u061c\u200e\u200f\u202a\u2066\u2069"),
        ("\u200b\u200c\u200d\u2060\ufeff\u00ad", r"\u200b\u200c\u200d\u2060\ufeff\u00ad"),
        ("\ud800", r"\ud800"),
        ("\U000e0001\U000e0041\U000e0100", r"\U000e0001\U000e0041\U000e0100"),
        ("alice\u3164", r"alice\u3164"),
        ("a\u00a0b", r"a\u00a0b"),
        ("##[error]x ###[group] ##vso[task] ## x [1]", r"#\u0023[error]x ##\u0023[group] #\u0023vso[task] ## x [1]"),
    ],
    ids=ascii,
)
def test_what_is_unseen_or_steers_is_spelled_out(text: str, expected: str) -> None:
    assert printable(text) == expected


@pytest.mark.parametrize("text", ["Zoë Łukasz", "山田　太郎", "Ἀθηνᾶ", "שלום", "❤️ 😀", "a\\b `|` <b> %0A :: #12"])
def test_ordinary_text_stays(text: str) -> None:
    assert printable(text) == text


def test_no_control_format_surrogate_or_separator_character_of_unicode_passes() -> None:
    for character in map(chr, range(sys.maxunicode + 1)):
        if unicodedata.category(character) in {"Cc", "Cf", "Cs", "Zl", "Zp"}:
            assert printable(character).isascii(), ascii(character)


@given(ANY_TEXT)
def test_the_result_is_one_printable_line_and_stays_as_it_is(text: str) -> None:
    once = printable(text)
    assert len(once.splitlines()) <= 1
    assert once.replace("\u3000", " ").isprintable()
    assert printable(once) == once


@pytest.mark.parametrize("text", ["::error::x", "  ::set-output name=a::b", "\u3000::stop-commands::t"])
def test_a_line_of_data_is_no_command_to_a_log(text: str) -> None:
    line = line_of_data(text)
    assert line.lstrip().startswith("\\u003a:")
    assert line.replace("\\u003a", ":") == text


def test_colons_inside_a_line_stay() -> None:
    assert line_of_data("a.yaml:1:2: std::vector") == "a.yaml:1:2: std::vector"
