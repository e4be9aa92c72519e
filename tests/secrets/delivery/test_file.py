"""The sink `file`: modes, folders, what is refused, and what stays as it was."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from provision.core.secret import Secret
from provision.secrets.delivery import UndeliverableError, check, find_staged, reveal, stage
from tests.secrets.delivery.deliveries import RUN, SECRET, below, deliver, delivery, left_over, mode, places


def env(path: str, name: str = "TOKEN") -> dict[str, Any]:
    return {"file": {"path": path, "format": "env", "name": name}}


def refusal(folder: Path, sink: dict[str, Any]) -> str:
    """What `stage` says, which `check` says as well."""
    one = delivery(folder, sink)
    with pytest.raises(UndeliverableError) as caught:
        stage(RUN, [(one, Secret(SECRET))], places(folder))
    assert caught.value.hint
    [problem] = check([one], places(folder))
    assert (problem.message, problem.hint) == (caught.value.message, caught.value.hint)
    assert left_over(folder) == []
    return caught.value.message.replace(str(folder), "…")


@pytest.fixture(params=["raw", "env", "json"])
def sink(request: pytest.FixtureRequest) -> dict[str, Any]:
    named = {} if request.param == "raw" else {"name": "TOKEN"}
    return {"file": {"path": "secrets/deep/ci", "format": request.param, **named}}


def test_a_raw_file_is_the_secret_and_nothing_else(tmp_path: Path) -> None:
    deliver({SECRET: delivery(tmp_path, {"file": {"path": "ci.key"}})}, places(tmp_path))
    assert (tmp_path / "ci.key").read_bytes() == SECRET.encode()


def test_files_and_new_folders_are_open_to_nobody_else_whatever_the_umask(
    tmp_path: Path, sink: dict[str, Any]
) -> None:
    before = os.umask(0)
    try:
        deliver({SECRET: delivery(tmp_path, sink)}, places(tmp_path))
    finally:
        os.umask(before)
    assert [mode(tmp_path / path) for path in ("secrets", "secrets/deep", "secrets/deep/ci")] == [0o700, 0o700, 0o600]
    assert [path.name for path in below(tmp_path)] == ["ci"]


def test_a_file_that_others_could_read_becomes_ours_alone(tmp_path: Path, sink: dict[str, Any]) -> None:
    target = tmp_path / "secrets/deep/ci"
    target.parent.mkdir(parents=True)
    target.touch(0o644)
    deliver({SECRET: delivery(tmp_path, sink)}, places(tmp_path))
    assert mode(target) == 0o600
    assert SECRET in target.read_text()


def test_what_is_staged_lies_beside_the_target_and_stays_until_it_is_discarded(tmp_path: Path) -> None:
    one = delivery(tmp_path, env("secrets/ci.env"))
    stage(RUN, [(one, Secret(SECRET))], places(tmp_path))
    [staged] = below(tmp_path)
    assert staged.name.startswith(f".ci.env.provision-{RUN}.")
    assert mode(staged) == 0o600
    for _ in range(2):
        assert reveal(RUN, [one], places(tmp_path)) == []
        assert staged.exists()
        assert (tmp_path / "secrets/ci.env").read_text() == f"TOKEN={SECRET}\n"
    assert find_staged([one], places(tmp_path)) == {RUN: {one.slot}}


def test_several_keys_share_a_file_and_keep_what_changed_meanwhile(tmp_path: Path) -> None:
    ones = [delivery(tmp_path, env("ci.env", f"T{number}"), owner=str(number)) for number in range(3)]
    stage(RUN, [(one, Secret(f"s{number}")) for number, one in enumerate(ones)], places(tmp_path))
    (tmp_path / "ci.env").write_text("# by hand\nT1=old\nMINE=1\n")
    assert reveal(RUN, ones[:2], places(tmp_path)) == []
    assert (tmp_path / "ci.env").read_text() == "# by hand\nT1=s1\nMINE=1\nT0=s0\n"
    assert reveal(RUN, ones[2:], places(tmp_path)) == []
    assert (tmp_path / "ci.env").read_text() == "# by hand\nT1=s1\nMINE=1\nT0=s0\nT2=s2\n"


def test_members_of_a_json_object_keep_their_order_and_layout(tmp_path: Path) -> None:
    target = tmp_path / "ci.json"
    target.write_text('{\n\t"b": 1.50,\n\t"TOKEN": "old",\n\t"a": {"x": [1]}\n}')
    ones = [
        delivery(tmp_path, {"file": {"path": "ci.json", "format": "json", "name": name}}) for name in ("TOKEN", "né")
    ]
    deliver([(ones[0], 'a"b'), (ones[1], "c")], places(tmp_path))
    assert target.read_text() == ('{\n\t"b": 1.50,\n\t"TOKEN": "a\\"b",\n\t"a": {"x": [1]},\n\t"n\\u00e9": "c"\n}')
    assert json.loads(target.read_text())["né"] == "c"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff", "the file is not UTF-8 text"),
        (b"[]", "the file holds JSON, but no object"),
        (b"{", "the file is not JSON"),
        (b'{"a": NaN}', "the file is not JSON"),
        (b"[" * 100_000, "the file is not JSON"),
        (b'{"a": 1, "a": 2}', "the file holds a JSON object with the same name twice"),
        (b'{"a": {"b": 1, "b": 2}}', "the file holds a JSON object with the same name twice"),
        (b" " * (1 << 20) + b"{}", "ci.json is larger than 1 MiB"),
    ],
    ids=lambda value: str(value[:20]),
)
def test_a_file_that_is_no_json_object_is_refused_before_anything_is_staged(
    tmp_path: Path, content: bytes, message: str
) -> None:
    (tmp_path / "ci.json").write_bytes(content)
    assert refusal(tmp_path, {"file": {"path": "ci.json", "format": "json", "name": "TOKEN"}}) == message
    assert (tmp_path / "ci.json").read_bytes() == content


def test_an_env_file_that_is_no_text_is_refused_before_anything_is_staged(tmp_path: Path) -> None:
    (tmp_path / "ci.env").write_bytes(b"A=\xff\n")
    assert refusal(tmp_path, env("ci.env")) == "the file is not UTF-8 text"


@pytest.mark.parametrize("path", ["../ci", "a/../../ci", "/etc/ci", "secrets/", "..", ".", "a/.."])
def test_a_path_outside_the_roots_or_of_a_folder_is_refused(tmp_path: Path, path: str) -> None:
    folder = tmp_path / "manifests"
    folder.mkdir()
    message = refusal(folder, {"file": {"path": path}})
    assert "is outside the folders" in message or "names a folder" in message


def test_a_path_may_leave_the_manifests_folder_within_the_roots(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    deliver({SECRET: delivery(tmp_path / "manifests", {"file": {"path": "../ci"}})}, places(tmp_path))
    assert (tmp_path / "ci").read_text() == SECRET


def test_a_root_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    one = delivery(tmp_path / "gone", {"file": {"path": "ci"}})
    [problem] = check([one], places(tmp_path / "gone"))
    assert problem.message == f"the folder {tmp_path}/gone is not there"


def test_a_name_that_leaves_no_room_for_ours_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"file": {"path": "é" * 86}}) == "the file's name has more than 170 bytes"
    deliver({SECRET: delivery(tmp_path, {"file": {"path": "é" * 85}})}, places(tmp_path))


def test_anything_but_a_regular_file_is_refused(tmp_path: Path, sink: dict[str, Any]) -> None:
    target = tmp_path / "secrets/deep/ci"
    target.parent.mkdir(parents=True)
    (tmp_path / "elsewhere").write_text("untouched")
    target.symlink_to(tmp_path / "elsewhere")
    assert refusal(tmp_path, sink) == "ci is a link"
    target.unlink()
    target.mkdir()
    assert refusal(tmp_path, sink) == "ci is a folder"
    target.rmdir()
    os.mkfifo(target)
    assert refusal(tmp_path, sink) == "ci is no regular file"
    assert (tmp_path / "elsewhere").read_text() == "untouched"


def test_a_folder_that_is_a_link_is_not_followed(tmp_path: Path, sink: dict[str, Any]) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    (outside / "deep").mkdir(parents=True)
    (root / "secrets").symlink_to(outside)
    assert refusal(root, sink) == "…/secrets/deep/ci cannot be used: not a directory"
    assert list(below(outside)) == []


@pytest.mark.parametrize("swapped", ["secrets", "secrets/deep", "secrets/deep/ci"])
def test_what_is_swapped_for_a_link_after_staging_is_not_followed(
    tmp_path: Path, sink: dict[str, Any], swapped: str
) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    root.mkdir()
    (outside / "deep").mkdir(parents=True)
    (outside / "ci").write_text("untouched")
    one = delivery(root, sink)
    stage(RUN, [(one, Secret(SECRET))], places(root))
    if swapped.endswith("ci"):
        (root / swapped).symlink_to(outside / "ci")
    else:
        (root / swapped).rename(root / "moved")
        (root / swapped).symlink_to(outside if swapped == "secrets" else outside / "deep")
    [failure] = reveal(RUN, [one], places(root))
    assert failure.delivery == one
    assert failure.hint
    assert [(path.name, path.read_text()) for path in below(outside)] == [("ci", "untouched")]


def test_a_link_in_place_of_what_was_staged_is_not_followed(tmp_path: Path) -> None:
    one = delivery(tmp_path, {"file": {"path": "ci"}})
    stage(RUN, [(one, Secret(SECRET))], places(tmp_path))
    [staged] = below(tmp_path)
    staged.rename(tmp_path / "other")
    staged.symlink_to(tmp_path / "other")
    [failure] = reveal(RUN, [one], places(tmp_path))
    assert failure.message.endswith("too many levels of symbolic links")
    staged.unlink()
    staged.write_text("planted")
    staged.chmod(0o644)
    [failure] = reveal(RUN, [one], places(tmp_path))
    assert failure.message == f"{staged.name} was not written by this user"
    assert not (tmp_path / "ci").exists()
