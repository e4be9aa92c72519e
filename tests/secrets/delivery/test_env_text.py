"""Entries of files of variables: read back equal by sh itself, all else as it was to the byte."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from provision.secrets.delivery import UndeliverableError
from provision.secrets.delivery.env_text import merge_env, quote, set_variable, set_variables

NAME = "TOKEN"
SHELLS = [shell for shell in ("dash", "bash") if shutil.which(shell)] or ["sh"]
values = st.text(
    st.sampled_from("aZ09_ '\"\\$`#!=&;|<>()*?~{}[]%\t\nä€🦊") | st.characters(exclude_categories=["Cs"])
)
values = values.filter(lambda value: "\0" not in value)


class Shell:
    """One process of sh that reads file after file; a process for each example would take minutes."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def read(self, content: bytes, name: str = NAME) -> bytes:
        """The variable after the text was run as a script's would be, in a shell of its own."""
        script = b"(unset %(name)b; eval \"$(cat <<'=END='\n%(text)b\n=END=\n)\"; printf 'is %%s\\0' \"$%(name)b\")"
        assert self._process.stdin
        self._process.stdin.write(script % {b"name": name.encode(), b"text": content} + b"; printf 'end\\0'\n")
        self._process.stdin.flush()
        answer = self._word()
        assert answer != b"end", "the shell does not take it"
        assert self._word() == b"end"
        return answer.removeprefix(b"is ")

    def _word(self) -> bytes:
        """What the shell says before its next NUL."""
        assert self._process.stdout
        word = bytearray()
        while (character := self._process.stdout.read(1)) != b"\0":
            assert character, "the shell is gone"
            word += character
        return bytes(word)


@contextmanager
def running(shell: str) -> Iterator[Shell]:
    with subprocess.Popen(
        [shell], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        yield Shell(process)
        assert process.stdin
        process.stdin.close()
        process.wait()


@pytest.fixture(scope="module", params=SHELLS)
def shell(request: pytest.FixtureRequest) -> Iterator[Shell]:
    with running(request.param) as running_shell:
        yield running_shell


lines = st.one_of(
    st.just("\n"),
    st.text("ab '\"$#=\\", max_size=12).map("# {}\n".format),
    st.just("# TOKEN=commented\n"),
    st.builds(
        "{}{}={}{}\n".format,
        st.sampled_from(["", "", "export ", "  ", "\t"]),
        st.sampled_from(["A", "B_2", "TOKENS", "MY_TOKEN"]),
        values.map(quote),
        st.sampled_from(["", "", " # it's a comment", "  "]),
    ),
)
entries = st.builds(
    lambda head, value, tail: (f"{head}{NAME}=", value, f"{tail}\n"),
    st.sampled_from(["", "export ", "  "]),
    st.sampled_from(["old", "'old one'", '"it\'s # $HOME"', "'two\nlines'", "a\\ b", "", "'a'\"b\"c"]),
    st.sampled_from(["", "  ", " # TOKEN=no"]),
)


def test_one_shell_answers_for_one_text_after_another(shell: Shell) -> None:
    assert shell.read(b"TOKEN=a'b c'") == b"ab c"
    assert shell.read(b"OTHER=a") == b""


@settings(max_examples=150)
@given(value=values, before=st.lists(lines, max_size=4), after=st.lists(lines, max_size=3), entry=entries)
def test_an_entry_is_replaced_where_it_stands(
    shell: Shell, value: str, before: list[str], after: list[str], entry: tuple[str, str, str]
) -> None:
    head, old, tail = entry
    changed = set_variable("".join([*before, head, old, tail, *after]), NAME, value)
    assert changed == "".join([*before, head, quote(value), tail, *after])
    assert shell.read(changed.encode()) == value.encode()


@settings(max_examples=150)
@given(value=values, before=st.lists(lines, max_size=4))
@example(value="a", before=["A=b\\\n"])
@example(value="a", before=["A=b"])
def test_a_new_entry_goes_to_the_end(shell: Shell, value: str, before: list[str]) -> None:
    text = "".join(before)
    changed = set_variable(text, NAME, value)
    assert changed.startswith(text)
    assert changed[len(text) :].strip("\n") == f"{NAME}={quote(value)}"
    assert shell.read(changed.encode()) == value.encode()


@given(value=values, other=values)
def test_setting_twice_is_setting_once(value: str, other: str) -> None:
    once = merge_env(b"A=1\n", {NAME: value})
    assert merge_env(once, {NAME: value}) == once
    assert merge_env(merge_env(b"A=1\n", {NAME: other}), {NAME: value}) == once


@given(
    new=st.dictionaries(st.sampled_from(["TOKEN", "A", "B", "NEW"]), values),
    before=st.lists(lines | st.sampled_from(["TOKEN=old\n", "export B='x\ny' # z\n", "A=1; B=2\n"]), max_size=6),
)
@example(new={"NEW": "a", "TOKEN": "b"}, before=["A=b\\\n"])
def test_setting_many_at_once_is_setting_one_after_another(new: dict[str, str], before: list[str]) -> None:
    one_after_another = text = "".join(before)
    for name, value in new.items():
        one_after_another = set_variable(one_after_another, name, value)
    assert set_variables(text, new) == one_after_another


def test_many_entries_are_set_in_linear_time() -> None:
    new = {f"KEY_{number}": f"acme_{number}" for number in range(20_000)}
    text = set_variables("", new)
    assert set_variables(text, new) == text
    assert text.count("\n") == len(new)


def test_of_two_entries_the_last_is_ours_since_it_is_the_one_that_counts() -> None:
    assert set_variable("TOKEN=a\nTOKEN=b\nB=1\n", NAME, "c") == "TOKEN=a\nTOKEN=c\nB=1\n"


def test_an_entry_with_more_behind_it_is_left_and_overruled() -> None:
    assert set_variable("TOKEN=a; B=2\n", NAME, "c") == "TOKEN=a; B=2\nTOKEN=c\n"
    assert set_variable("TOKEN=a b\nTOKEN=c\n", NAME, "d") == "TOKEN=a b\nTOKEN=d\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "TOKEN=v\n"),
        ("A=1", "A=1\nTOKEN=v\n"),
        ("A=1\r\nTOKEN=old # x\r\nB=2\r\n", "A=1\r\nTOKEN=v # x\r\nB=2\r\n"),
        ("A=1\r\nB=2", "A=1\r\nB=2\r\nTOKEN=v\r\n"),
        ("TOKEN=old", "TOKEN=v"),
        ("\ufeffTOKEN=old\n", "\ufeffTOKEN=v\n"),
        ("A='\nTOKEN=inside\n'\nTOKEN=old\n", "A='\nTOKEN=inside\n'\nTOKEN=v\n"),
        ("A=it's\nTOKEN=old\n", "A=it's\nTOKEN=v\n"),
        ("TOKEN = old\n", "TOKEN = old\nTOKEN=v\n"),
        ("#TOKEN=old\n", "#TOKEN=old\nTOKEN=v\n"),
    ],
)
def test_line_ends_marks_and_quotes_of_others_stay(text: str, expected: str) -> None:
    assert set_variable(text, NAME, "v") == expected


def test_a_quote_that_is_never_closed_is_refused_where_it_would_take_the_entry_in() -> None:
    with pytest.raises(UndeliverableError) as caught:
        set_variable("A=it's\n", NAME, "a b")
    assert caught.value.message == "the file has a quote that is never closed"


@pytest.mark.parametrize(
    ("value", "quoted"),
    [
        ("acme_0aZ", "acme_0aZ"),
        ("a b#$c", "'a b#$c'"),
        ("it's", '"it\'s"'),
        ('it\'s "\\"', '"it\'s \\"\\\\\\""'),
        ("a\\b", '"a\\\\b"'),
        ("it's $5", "'it'\\''s $5'"),
        ("", "''"),
    ],
)
def test_quotes_are_the_simplest_that_the_readers_agree_on(value: str, quoted: str) -> None:
    assert quote(value) == quoted


def test_a_file_without_end_is_read_in_linear_time() -> None:
    text = "A='\n" * 20_001 + 'B="\n' * 20_001
    assert set_variable(text, NAME, "v").endswith("TOKEN=v\n")
