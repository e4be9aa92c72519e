"""The environment and files: what they give, and what is refused; never with a piece of the secret."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from provision.secrets.jail import Jail
from provision.secrets.sources.text import MAX_BYTES
from tests.secrets.asking import read, refusal

OUTSIDE = "is outside the folders that secrets may be read from"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "project"
    made.mkdir()
    return made


def test_the_environment_gives_a_value_exactly_as_it_is(folder: Path) -> None:
    assert read("env", "KEY", folder=folder, environ={"KEY": " a b\n"}).secret.reveal() == " a b\n"
    assert read("env", "KEY", folder=folder, environ={"KEY": ""}).secret.reveal() == ""


def test_a_variable_that_is_not_set_is_named(folder: Path) -> None:
    error = refusal("env", "KEY", folder=folder, environ={"KEYS": "hunter2"})
    assert error.message == "the environment variable KEY is not set"
    assert "hunter2" not in error.hint


@pytest.mark.parametrize(
    ("content", "secret"),
    [
        (b"secret", "secret"),
        (b"secret\n", "secret"),
        (b"secret\r\n", "secret"),
        (b"secret\n\n", "secret\n"),
        (b"secret\r", "secret\r"),
        (b"  secret  \n", "  secret  "),
        (b"a\0b", "a\0b"),
        ("pässwörd 🦊\n".encode(), "pässwörd 🦊"),
        (b"", ""),
        (b"\n", ""),
    ],
)
def test_a_file_gives_its_text_without_one_newline_at_its_end(folder: Path, content: bytes, secret: str) -> None:
    (folder / "secret").write_bytes(content)
    assert read("file", "secret", folder=folder).secret.reveal() == secret


def test_a_path_is_relative_to_the_manifest_or_absolute_and_stays_below_provision_toml(folder: Path) -> None:
    (folder / "secret").write_text("text")
    (folder / "below").mkdir()
    assert read("file", "below/../secret", folder=folder).secret.reveal() == "text"
    assert read("file", str(folder / "secret"), folder=folder).secret.reveal() == "text"


@pytest.mark.parametrize("name", ["../outside", "below/../../outside", "link", "linked/outside", "{absolute}"])
@pytest.mark.parametrize("is_there", [True, False])
def test_what_leads_out_of_the_roots_is_refused_whether_it_is_there_or_not(
    folder: Path, name: str, is_there: bool
) -> None:
    outside = folder.parent / "outside"
    if is_there:
        outside.write_text("hunter2")
    (folder / "below").mkdir()
    (folder / "link").symlink_to(outside)
    (folder / "linked").symlink_to(folder.parent)
    error = refusal("file", name.format(absolute=outside), folder=folder)
    assert error.message.endswith(OUTSIDE)
    assert "roots in [secrets]" in error.hint


@pytest.mark.parametrize("name", ["/proc/self/environ", "/etc/passwd", "/dev/zero"])
def test_the_machines_own_files_are_out_of_reach(folder: Path, name: str) -> None:
    assert refusal("file", name, folder=folder).message == f"the file {name} {OUTSIDE}"


def test_links_inside_the_roots_are_followed(folder: Path) -> None:
    (folder / "real").mkdir()
    (folder / "real" / "secret").write_text("text")
    (folder / "folder").symlink_to("real")
    (folder / "link").symlink_to(folder / "folder" / "secret")
    assert read("file", "link", folder=folder).secret.reveal() == "text"
    assert read("file", "folder/secret", folder=folder).secret.reveal() == "text"


def test_other_roots_can_be_named_and_then_are_the_only_ones(folder: Path) -> None:
    outside = folder.parent / "vault"
    outside.mkdir()
    (outside / "secret").write_text("text")
    (folder / "secret").write_text("text")
    assert read("file", "../vault/secret", folder=folder, roots=["../vault"]).secret.reveal() == "text"
    assert read("file", str(outside / "secret"), folder=folder, roots=[str(outside)]).secret.reveal() == "text"
    assert refusal("file", "secret", folder=folder, roots=["../vault"]).message.endswith(OUTSIDE)
    assert refusal("file", "secret", folder=folder, roots=[]).message.endswith(OUTSIDE)


def test_a_root_that_only_begins_like_the_path_does_not_hold_it(folder: Path) -> None:
    (folder.parent / "project-of-another").mkdir()
    (folder.parent / "project-of-another" / "secret").write_text("text")
    assert refusal("file", "../project-of-another/secret", folder=folder).message.endswith(OUTSIDE)


@pytest.mark.parametrize("part", [0, 1])
def test_a_part_that_becomes_a_link_between_the_look_and_the_opening_is_not_followed(folder: Path, part: int) -> None:
    (folder / "below").mkdir()
    (folder / "below" / "secret").write_text("text")
    place = Jail(roots=(folder.resolve(),)).place(folder / "below" / "secret")
    assert place
    os.close(place.open(os.O_RDONLY))
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "secret").write_text("hunter2")
    swapped, target = (folder / "below", outside) if part == 0 else (folder / "below" / "secret", outside / "secret")
    swapped.rename(folder / "gone")
    swapped.symlink_to(target)
    with pytest.raises(OSError, match=r"symbolic links|Not a directory"):
        place.open(os.O_RDONLY)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize(
    ("make", "why"),
    [
        (os.mkfifo, "is a pipe"),
        (Path.mkdir, "is a directory"),
        (lambda _path: None, "no such file or directory"),
        (lambda path: path.symlink_to(path.name), "links"),
        (_socket, "no such device or address"),
    ],
)
def test_what_is_no_regular_file_is_refused_and_not_waited_for(
    folder: Path, make: Callable[[Path], None], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(folder)
    make(Path("it"))
    message = refusal("file", "it", folder=Path()).message
    assert message.startswith("the file it cannot be read: ")
    assert why in message


def test_a_device_is_refused_even_below_a_root(folder: Path) -> None:
    error = refusal("file", "/dev/zero", folder=folder, roots=["/dev"])
    assert error.message == "the file /dev/zero cannot be read: is a device"


def test_a_root_itself_is_no_file(folder: Path) -> None:
    assert refusal("file", ".", folder=folder).message == f"the file {folder} cannot be read: is a directory"


@pytest.mark.parametrize("name", ["a\0b", "\ud800"])
def test_a_path_that_cannot_be_is_refused(folder: Path, name: str) -> None:
    assert "cannot be read" in refusal("file", name, folder=folder).message


def test_a_file_that_is_not_text_or_too_large_is_named_and_not_quoted(folder: Path) -> None:
    (folder / "binary").write_bytes(b"hunter2\xff")
    assert refusal("file", "binary", folder=folder).message == f"the file {folder}/binary is not UTF-8 text"
    (folder / "large").write_bytes(b"x" * (MAX_BYTES + 1))
    assert refusal("file", "large", folder=folder).message == f"the file {folder}/large is larger than 64 KiB"
    (folder / "full").write_bytes(b"x" * MAX_BYTES)
    assert len(read("file", "full", folder=folder).secret.reveal()) == MAX_BYTES


def test_a_file_too_large_is_called_so_even_when_the_cut_splits_a_character(folder: Path) -> None:
    (folder / "large").write_bytes(b"x" + "ä".encode() * MAX_BYTES)
    assert refusal("file", "large", folder=folder).message == f"the file {folder}/large is larger than 64 KiB"


@pytest.mark.parametrize(("mode", "is_public"), [(0o600, False), (0o640, False), (0o644, True), (0o604, True)])
def test_a_file_that_everybody_may_read_is_read_with_a_warning(folder: Path, mode: int, is_public: bool) -> None:
    (folder / "secret").write_text("text")
    (folder / "secret").chmod(mode)
    reading = read("file", "secret", folder=folder)
    assert reading.secret.reveal() == "text"
    warning = f"the file {folder}/secret holds a secret, and every user of this machine may read it: chmod o-r"
    assert reading.warnings == ((warning,) if is_public else ())


def test_refusals_leave_no_descriptor_open(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    (folder / "below").mkdir()
    before = psutil.Process().num_fds()
    for name in ("pipe", "below", "below/gone", "../out"):
        refusal("file", name, folder=folder)
    assert psutil.Process().num_fds() == before
