"""Where secrets come from, and what is said when there is none; never with a piece of one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from provision.secrets.sources import MAX_FILE_BYTES, Surroundings, UnreadableSecretError, read_environment, read_file


def surroundings(folder: Path, **environ: str) -> Surroundings:
    return Surroundings(environ=environ, folder=folder)


def complaint(folder: Path, name: str) -> str:
    with pytest.raises(UnreadableSecretError) as caught:
        read_file(name, surroundings(folder))
    return caught.value.message


def test_the_environment_gives_a_value_exactly_as_it_is(tmp_path: Path) -> None:
    assert read_environment("KEY", surroundings(tmp_path, KEY=" a b\n")).reveal() == " a b\n"
    assert read_environment("KEY", surroundings(tmp_path, KEY="")).reveal() == ""


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnreadableSecretError) as caught:
        read_environment("KEY", surroundings(tmp_path, KEYS="hunter2"))
    assert caught.value.message == "the environment variable KEY is not set"
    assert "hunter2" not in caught.value.hint


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\r\n", "secret"),
        (b"secret\n\n", "secret\n"),
        (b"  secret  \n", "  secret  "),
        ("pässwörd 🦊\n".encode(), "pässwörd 🦊"),
        (b"", ""),
        (b"\n", ""),
    ],
)
def test_a_file_gives_its_text_without_one_newline_at_its_end(tmp_path: Path, content: bytes, secret: str) -> None:
    (tmp_path / "secret").write_bytes(content)
    assert read_file("secret", surroundings(tmp_path)).reveal() == secret


def test_a_path_is_relative_to_the_manifest_or_absolute(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("text")
    (tmp_path / "below").mkdir()
    below = surroundings(tmp_path / "below")
    assert read_file("../secret", below).reveal() == "text"
    assert read_file(str(tmp_path / "secret"), below).reveal() == "text"


def test_a_file_that_cannot_be_read_is_named_and_not_quoted(tmp_path: Path) -> None:
    assert complaint(tmp_path, "gone") == f"the file {tmp_path}/gone cannot be read: no such file or directory"
    assert complaint(tmp_path, ".") == f"the file {tmp_path} cannot be read: is a directory"
    (tmp_path / "binary").write_bytes(b"hunter2\xff")
    assert complaint(tmp_path, "binary") == f"the file {tmp_path}/binary is not UTF-8 text"
    (tmp_path / "large").write_bytes(b"x" * (MAX_FILE_BYTES + 1))
    assert complaint(tmp_path, "large") == f"the file {tmp_path}/large is larger than 64 KiB"
    (tmp_path / "full").write_bytes(b"x" * MAX_FILE_BYTES)
    assert len(read_file("full", surroundings(tmp_path)).reveal()) == MAX_FILE_BYTES


def test_a_file_too_large_is_called_so_even_when_the_cut_splits_a_character(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes("ä".encode() * MAX_FILE_BYTES)
    assert complaint(tmp_path, "large") == f"the file {tmp_path}/large is larger than 64 KiB"


def test_a_pipe_without_a_writer_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert complaint(tmp_path, "pipe") == f"the file {tmp_path}/pipe is a pipe"
