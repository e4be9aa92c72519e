"""Finding manifest files: every one, each once, in a stable order; and nothing unreadable is passed over."""

from __future__ import annotations

import inspect
import json
import logging
import os
import pwd
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from provision.errors import InvalidInputError, Problem
from provision.manifest import files
from provision.manifest.files import ManifestFile, find_files, read_bytes
from provision.manifest.limits import MAX_FILE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

_ROOT = Path(__file__).parents[2]

_READ_AS_NOBODY = """
import json, os, sys
from pathlib import Path
from provision.errors import InvalidInputError
from provision.manifest.files import ManifestFile, find_files, read_bytes
folder, uid = Path(sys.argv[1]), int(sys.argv[2])
if uid:
    os.setgroups([])
    os.setgid(uid)
    os.setuid(uid)
try:
    if sys.argv[3] == "find":
        find_files([folder], relative_to=folder.parent)
    else:
        read_bytes(ManifestFile(path=folder, shown="given.yaml"))
except InvalidInputError as error:
    print(json.dumps([str(problem) for problem in error.problems]))
else:
    print("[]")
"""


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that other users can reach, unlike pytest's own."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder
        for path in [folder, *folder.rglob("*")]:
            if path.is_dir():
                path.chmod(0o755)


def without_rights(path: Path, *, action: str = "find") -> list[str]:
    """Find or read as a user whom permissions bind: root is not bound, so root's child becomes `nobody`."""
    uid = pwd.getpwnam("nobody").pw_uid if os.getuid() == 0 else 0
    command = [sys.executable, "-c", _READ_AS_NOBODY, str(path), str(uid), action]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=_ROOT, env={"PYTHONPATH": str(_ROOT)}
    )
    assert done.returncode == 0, done.stderr
    problems: list[str] = json.loads(done.stdout)
    return problems


def write(path: Path, text: str = "a: 1\n") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def shown(found: list[ManifestFile]) -> list[str]:
    return [file.shown for file in found]


def problems_of(*paths: Path, base: Path) -> list[Problem]:
    with pytest.raises(InvalidInputError) as caught:
        find_files(paths, relative_to=base)
    return list(caught.value.problems)


def test_a_folder_stands_for_all_yaml_files_below_it_in_sorted_order(tmp_path: Path) -> None:
    for name in ("m/z.yaml", "m/a/b.yml", "m/a/a.yaml", "m/B.yaml", "m/a.yaml", "m/readme.md", "m/a/x.yaml.bak"):
        write(tmp_path / name)
    found = find_files([tmp_path / "m"], relative_to=tmp_path)
    assert shown(found) == ["m/B.yaml", "m/a.yaml", "m/a/a.yaml", "m/a/b.yml", "m/z.yaml"]
    assert [file.path for file in found] == [tmp_path / name for name in shown(found)]


def test_the_order_does_not_depend_on_the_order_of_the_paths(tmp_path: Path) -> None:
    one, two = write(tmp_path / "1.yaml"), write(tmp_path / "2.yaml")
    assert find_files([two, one], relative_to=tmp_path) == find_files([one, two], relative_to=tmp_path)


def test_hidden_files_and_folders_are_passed_over_unless_named(tmp_path: Path) -> None:
    for name in ("m/a.yaml", "m/.b.yaml", "m/.git/c.yaml"):
        write(tmp_path / name)
    assert shown(find_files([tmp_path / "m"], relative_to=tmp_path)) == ["m/a.yaml"]
    assert shown(find_files([tmp_path / "m/.git"], relative_to=tmp_path)) == ["m/.git/c.yaml"]


def test_a_file_may_have_any_name_when_it_is_named(tmp_path: Path) -> None:
    assert shown(find_files([write(tmp_path / "users.txt")], relative_to=tmp_path)) == ["users.txt"]


def test_a_path_outside_is_shown_as_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "other/a.yaml")
    inside = tmp_path / "inside"
    inside.mkdir()
    monkeypatch.chdir(inside)
    assert shown(find_files([Path("../other")], relative_to=inside)) == ["../other/a.yaml"]
    absolute = find_files([tmp_path / "other"], relative_to=inside)
    assert shown(absolute) == [(tmp_path / "other/a.yaml").as_posix()]


def test_a_path_inside_is_shown_relative_however_it_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "m/a.yaml")
    monkeypatch.chdir(tmp_path / "m")
    assert shown(find_files([Path("../m/../m")], relative_to=tmp_path)) == ["m/a.yaml"]


def test_a_file_that_several_paths_name_is_found_once(tmp_path: Path) -> None:
    file = write(tmp_path / "m/team/a.yaml")
    paths = [tmp_path / "m", tmp_path / "m/team", file, tmp_path / "m/../m/team/a.yaml"]
    assert shown(find_files(paths, relative_to=tmp_path)) == ["m/team/a.yaml"]


def test_a_link_to_a_file_is_followed_and_gives_way_to_the_file_itself(tmp_path: Path) -> None:
    write(tmp_path / "m/z.yaml")
    outside = write(tmp_path / "outside.txt")
    (tmp_path / "m/a-link.yaml").symlink_to("z.yaml")
    (tmp_path / "m/b-link.yaml").symlink_to(outside)
    assert shown(find_files([tmp_path / "m"], relative_to=tmp_path)) == ["m/b-link.yaml", "m/z.yaml"]


def test_a_link_to_a_folder_is_not_followed_but_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write(tmp_path / "m/a.yaml")
    (tmp_path / "m/loop").symlink_to(tmp_path / "m")
    (tmp_path / "m/loop.yaml").symlink_to(tmp_path / "m")
    with caplog.at_level(logging.WARNING, files.__name__):
        assert shown(find_files([tmp_path / "m"], relative_to=tmp_path)) == ["m/a.yaml"]
    assert sorted(caplog.messages) == [
        "m/loop.yaml: a link to a folder is not followed",
        "m/loop: a link to a folder is not followed",
    ]


def test_a_link_to_a_folder_is_followed_when_it_is_named(tmp_path: Path) -> None:
    write(tmp_path / "m/a.yaml")
    (tmp_path / "current").symlink_to(tmp_path / "m")
    assert shown(find_files([tmp_path / "current"], relative_to=tmp_path)) == ["current/a.yaml"]


def test_a_folder_named_like_a_file_is_a_folder(tmp_path: Path) -> None:
    write(tmp_path / "m/users.yaml/a.yaml")
    assert shown(find_files([tmp_path / "m"], relative_to=tmp_path)) == ["m/users.yaml/a.yaml"]


def test_folders_may_lie_deeper_than_functions_may_nest(tmp_path: Path) -> None:
    deep = Path(*["d"] * 200)
    write(tmp_path / deep / "a.yaml")
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len(inspect.stack()) + 100)
    try:
        found = find_files([tmp_path / "d"], relative_to=tmp_path)
    finally:
        sys.setrecursionlimit(limit)
    assert shown(found) == [(deep / "a.yaml").as_posix()]


def test_a_name_that_is_not_utf_8_is_found_and_shown_escaped(tmp_path: Path) -> None:
    write(tmp_path / os.fsdecode(b"caf\xe9.yaml"))
    (found,) = find_files([tmp_path], relative_to=tmp_path)
    assert found.shown == r"caf\xe9.yaml"
    assert found.shown.encode()
    assert read_bytes(found) == b"a: 1\n"


def test_every_unusable_path_is_reported_in_one_run(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "empty").mkdir()
    write(tmp_path / "empty/notes.txt")
    write(tmp_path / "good.yaml")
    (tmp_path / "broken.yaml").symlink_to("nowhere.yaml")
    names = ["pipe.yaml", "missing.yaml", "good.yaml", "empty", "broken.yaml"]
    problems = problems_of(*(tmp_path / name for name in names), base=tmp_path)
    assert [problem.message for problem in problems] == [
        "broken.yaml: the link points to nothing",
        "empty: the folder holds no manifest",
        "missing.yaml: no such file or folder",
        "pipe.yaml: neither a file nor a folder",
    ]
    assert all(problem.hint for problem in problems)


def test_what_cannot_be_read_inside_a_folder_is_reported_too(tmp_path: Path) -> None:
    write(tmp_path / "m/a.yaml")
    os.mkfifo(tmp_path / "m/pipe.yml")
    (tmp_path / "m/broken.yaml").symlink_to("nowhere.yaml")
    (tmp_path / "m/self.yaml").symlink_to("self.yaml")
    assert [problem.message for problem in problems_of(tmp_path / "m", base=tmp_path)] == [
        "m/broken.yaml: the link points to nothing",
        "m/pipe.yml: neither a file nor a folder",
        "m/self.yaml: Too many levels of symbolic links",
    ]


def test_a_device_and_a_socket_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.yaml")
        problems = problems_of(Path("/dev/null"), Path("s.yaml"), base=tmp_path)
    assert [problem.message for problem in problems] == [
        "/dev/null: neither a file nor a folder",
        "s.yaml: neither a file nor a folder",
    ]


def test_no_path_at_all_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems_of(base=tmp_path)
    assert problem.message == "no manifest file or folder is named"


def test_an_impossible_path_is_an_error(tmp_path: Path) -> None:
    (problem,) = problems_of(Path("a\0b.yaml"), base=tmp_path)
    assert problem.message == "a\0b.yaml: not a possible path"
    (too_long,) = problems_of(Path("x" * 5000), base=tmp_path)
    assert too_long.message.endswith(": File name too long")


@pytest.mark.parametrize("mode", [0o000, 0o444, 0o111], ids=["nothing", "list only", "enter only"])
def test_a_folder_without_permission_is_an_error(open_folder: Path, mode: int) -> None:
    write(open_folder / "m/a.yaml")
    write(open_folder / "m/team/b.yaml")
    (open_folder / "m/team").chmod(mode)
    (problem,) = without_rights(open_folder / "m")
    place = "m/team/b.yaml" if mode == 0o444 else "m/team"
    assert problem.startswith(f"{place}: permission denied. Hint: ")


def test_a_folder_whose_parent_cannot_be_entered_is_an_error(open_folder: Path) -> None:
    write(open_folder / "closed/m/a.yaml")
    (open_folder / "closed").chmod(0)
    (problem,) = without_rights(open_folder / "closed/m")
    assert "m: permission denied" in problem


def test_a_file_without_permission_is_an_error(open_folder: Path) -> None:
    file = write(open_folder / "m/a.yaml")
    file.chmod(0)
    assert [problem.partition(". ")[0] for problem in without_rights(open_folder / "m")] == [
        "m/a.yaml: permission denied"
    ]
    assert [problem.partition(". ")[0] for problem in without_rights(file, action="read")] == [
        "given.yaml: permission denied"
    ]


def test_the_child_without_rights_reads_what_it_may(open_folder: Path) -> None:
    write(open_folder / "m/a.yaml")
    assert without_rights(open_folder / "m") == []


def test_reading_a_file_that_vanished_or_is_no_file_is_an_error(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name, reason in {
        "gone.yaml": "no such file or folder",
        ".": "neither a file nor a folder",
        "pipe": "neither a file nor a folder",
    }.items():
        with pytest.raises(InvalidInputError) as caught:
            read_bytes(ManifestFile(path=tmp_path / name, shown="m/a.yaml"))
        (problem,) = caught.value.problems
        assert problem.message == f"m/a.yaml: {reason}"


def test_a_file_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "a.yaml")
    os.truncate(path, MAX_FILE_BYTES)
    assert len(read_bytes(ManifestFile(path=path, shown="a.yaml"))) == MAX_FILE_BYTES
    os.truncate(path, 2**40)  # a sparse file: reading it would take minutes, and memory
    with pytest.raises(InvalidInputError) as caught:
        read_bytes(ManifestFile(path=path, shown="a.yaml"))
    (problem,) = caught.value.problems
    assert str(problem) == "a.yaml:1:1: the file is larger than 64 MiB. Hint: split it into several files"
