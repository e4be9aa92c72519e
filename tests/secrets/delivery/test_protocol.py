"""The steps of a run: all or nothing, found again by what is declared, and undone without a trace."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from provision.core.secret import Secret
from provision.secrets.delivery import (
    Delivery,
    UndeliverableError,
    check,
    conflicts,
    discard,
    discard_run,
    find_staged,
    reveal,
    stage,
)
from provision.secrets.delivery import folder as folder_module
from tests.secrets.delivery.deliveries import RUN, SECRET, below, delivery, left_over, mode, places

OTHER_RUN = "0190b8a1-0000-7000-8000-000000000000"


def many(folder: Path, owner: str = "ci") -> list[Delivery]:
    """One key to sinks of every sort of staging."""
    sinks: list[dict[str, Any]] = [
        {"file": {"path": f"a/{owner}.key"}},
        {"file": {"path": "a/all.env", "format": "env", "name": owner.upper()}},
        {"kubernetes_secret": {"path": f"b/{owner}.yaml", "name": owner, "key": "token"}},
        {"command": ["cat"]},
    ]
    return [delivery(folder, sink, owner=owner) for sink in sinks]


def staged(folder: Path, *owners: str, run: str = RUN, realm: str = "") -> list[Delivery]:
    deliveries = [one for owner in owners for one in many(folder, owner)]
    stage(run, [(one, Secret(SECRET)) for one in deliveries], places(folder, realm=realm))
    return deliveries


def test_every_slot_of_every_run_is_found_again_while_it_is_complete(tmp_path: Path) -> None:
    deliveries = staged(tmp_path, "ci", "cd")
    staged(tmp_path, "cd", run=OTHER_RUN)
    ci, cd = deliveries[0].slot, deliveries[4].slot
    assert find_staged(deliveries, places(tmp_path)) == {RUN: {ci, cd}, OTHER_RUN: {cd}}
    discard(RUN, deliveries[4:5], places(tmp_path))
    assert find_staged(deliveries, places(tmp_path)) == {RUN: {ci}, OTHER_RUN: {cd}}
    discard(OTHER_RUN, deliveries[4:7], places(tmp_path))
    assert find_staged(deliveries, places(tmp_path)) == {RUN: {ci}, OTHER_RUN: set()}
    for run in (RUN, OTHER_RUN):
        discard_run(run, deliveries, places(tmp_path))
    assert find_staged(deliveries, places(tmp_path)) == {}
    assert list(below(tmp_path)) == []


def test_nothing_is_found_and_nothing_made_where_nothing_was_staged(tmp_path: Path) -> None:
    assert find_staged(many(tmp_path), places(tmp_path)) == {}
    assert check(many(tmp_path), places(tmp_path, commands=("cat",))) == []
    discard(RUN, many(tmp_path), places(tmp_path))
    discard_run(RUN, many(tmp_path), places(tmp_path))
    assert [str(failure.message) for failure in reveal(RUN, many(tmp_path), places(tmp_path))] != []
    assert list(tmp_path.iterdir()) == []


def test_two_keys_that_change_places_do_not_get_each_others_secret(tmp_path: Path) -> None:
    one, other = (delivery(tmp_path, {"file": {"path": path}}, owner=path) for path in ("a", "b"))
    stage(RUN, [(one, Secret("of a")), (other, Secret("of b"))], places(tmp_path))
    swapped = [delivery(tmp_path, {"file": {"path": path}}, owner=owner) for path, owner in (("a", "b"), ("b", "a"))]
    assert find_staged(swapped, places(tmp_path)) == {RUN: set()}
    assert [failure.message for failure in reveal(RUN, swapped, places(tmp_path))] == [
        "nothing is staged for it by this run"
    ] * 2
    discard_run(RUN, swapped, places(tmp_path))
    assert list(below(tmp_path)) == []


def test_what_another_database_waits_for_is_neither_seen_nor_removed(tmp_path: Path) -> None:
    deliveries = staged(tmp_path, "ci", realm="staging")
    assert find_staged(deliveries, places(tmp_path, realm="production")) == {}
    discard_run(RUN, deliveries, places(tmp_path, realm="production"))
    assert find_staged(deliveries, places(tmp_path, realm="staging")) == {RUN: {deliveries[0].slot}}


def test_staging_again_replaces_what_was_staged(tmp_path: Path) -> None:
    one = delivery(tmp_path, {"file": {"path": "ci"}})
    for secret in ("first", "second"):
        stage(RUN, [(one, Secret(secret))], places(tmp_path))
    assert reveal(RUN, [one], places(tmp_path)) == []
    assert (tmp_path / "ci").read_text() == "second"


def test_the_spool_is_made_for_us_alone_and_refused_when_others_may_look(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        deliveries = staged(tmp_path, "ci")
    finally:
        os.umask(before)
    assert mode(tmp_path / "spool") == 0o700
    assert [mode(path) for path in (tmp_path / "spool").iterdir()] == [0o600]
    (tmp_path / "spool").chmod(0o750)
    [problem] = check(deliveries, places(tmp_path, commands=("cat",)))
    assert problem.message == "the spool is open to others"
    failures = reveal(RUN, deliveries, places(tmp_path, commands=("cat",)))
    assert [failure.delivery.sink.sink() for failure in failures] == ["command"]


def test_one_that_cannot_be_staged_leaves_none(tmp_path: Path) -> None:
    (tmp_path / "b").write_text("a file where a folder should be")
    with pytest.raises(UndeliverableError) as caught:
        staged(tmp_path, "ci", "cd")
    assert caught.value.message == f"{tmp_path}/b/ci.yaml cannot be used: not a directory"
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("secret", ["acme_\ud800secret", "acme_\0secret"])
def test_a_secret_that_cannot_be_written_is_refused_without_being_shown(tmp_path: Path, secret: str) -> None:
    one = delivery(tmp_path, {"file": {"path": "ci", "format": "env", "name": "TOKEN"}})
    with pytest.raises(UndeliverableError) as caught:
        stage(RUN, [(one, Secret(secret))], places(tmp_path))
    assert "acme" not in caught.value.message + caught.value.hint
    assert caught.value.__context__ is None
    assert left_over(tmp_path) == []


def test_a_failure_keeps_nobody_else_waiting_and_may_be_tried_again(tmp_path: Path) -> None:
    deliveries = staged(tmp_path, "ci")
    (tmp_path / "b/ci.yaml").mkdir()
    failures = reveal(RUN, deliveries, places(tmp_path, commands=("cat",)))
    assert [(failure.delivery, failure.message) for failure in failures] == [(deliveries[2], "ci.yaml is a folder")]
    (tmp_path / "b/ci.yaml").rmdir()
    assert reveal(RUN, [failures[0].delivery], places(tmp_path)) == []
    assert (tmp_path / "a/ci.key").read_text() == SECRET


def test_two_that_want_one_place_are_told_apart(tmp_path: Path) -> None:
    def message(*sinks: dict[str, Any]) -> str:
        ones = [delivery(tmp_path, sink, owner=str(line), line=line) for line, sink in enumerate(sinks, start=1)]
        problems = conflicts(ones, places(tmp_path, GITHUB_ACTIONS="true", GITHUB_OUTPUT="out", commands=("cat",)))
        assert all(problem.hint and problem.position == ones[-1].position for problem in problems)
        return "; ".join(problem.message for problem in problems).replace(str(tmp_path), "…")

    def env(name: str) -> dict[str, Any]:
        return {"file": {"path": "./x/../ci", "format": "env", "name": name}}

    raw, output = {"file": {"path": "ci"}}, {"github_output": {"name": "a"}}
    json_ = {"file": {"path": "ci", "format": "json", "name": "A"}}
    assert message(raw, raw) == "…/ci is delivered to twice, first at ci.yaml:1:1"
    assert message(env("A"), env("B")) == ""
    assert message(env("A"), env("A")) == "A in …/ci is delivered to twice, first at ci.yaml:1:1"
    assert message(env("A"), json_) == "…/ci is delivered to in two forms, first at ci.yaml:1:1"
    assert message(env("A"), raw) == "…/ci is delivered to in two forms, first at ci.yaml:1:1"
    assert message(output, output) == "a in the outputs of the step is delivered to twice, first at ci.yaml:1:1"
    assert message({"command": ["cat"]}, {"command": ["cat"]}) == ""


def test_everything_wrong_is_said_at_once(tmp_path: Path) -> None:
    ones = [
        delivery(tmp_path, {"file": {"path": "../ci"}}, line=1),
        delivery(tmp_path, {"command": ["vault"]}, line=2),
        delivery(tmp_path, {"github_output": {"name": "a"}}, line=3),
    ]
    assert [str(problem) for problem in check(ones, places(tmp_path))] == [
        (
            f"ci.yaml:1:1: spec.deliver_to: {tmp_path.parent}/ci is outside the folders that secrets may be delivered"
            f" to. Hint: they are: {tmp_path}"
        ),
        (
            "ci.yaml:2:1: spec.deliver_to: the command vault is not allowed. Hint: name it in provision.toml as it is"
            " written here, in commands of [secrets]"
        ),
        (
            "ci.yaml:3:1: spec.deliver_to: github_output works in GitHub Actions alone."
            " Hint: run it there, or deliver elsewhere"
        ),
    ]


def test_elsewhere_than_on_posix_nothing_is_delivered_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "IS_POSIX", False)
    deliveries, where = many(tmp_path), places(tmp_path, commands=("cat",))
    message = "secrets are delivered on POSIX systems alone"
    assert [problem.message for problem in check(deliveries, where)] == [message] * len(deliveries)
    with pytest.raises(UndeliverableError, match=message):
        staged(tmp_path, "ci")
    assert [failure.message for failure in reveal(RUN, deliveries, where)] == [message] * len(deliveries)
    assert list(tmp_path.iterdir()) == []


IN_A_CHILD = """
import os, sys
from pathlib import Path
from provision.core.secret import Secret
from provision.secrets.delivery import UndeliverableError, check, conflicts, stage
from tests.secrets.delivery.deliveries import RUN, SECRET, delivery, places
folder = Path(sys.argv[1])
{setup}
one = delivery(folder, {{"file": {{"path": "sub/ci"}}}})
try:
    stage(RUN, [(one, Secret(SECRET * 100))], places(folder))
except UndeliverableError as error:
    print(f"{{error.message}}|{{error.hint}}")
"""


def outcome(folder: Path, setup: str = "", prefix: list[str] | None = None) -> str:
    done = subprocess.run(
        [*(prefix or []), sys.executable, "-c", IN_A_CHILD.format(setup=setup), str(folder)],
        capture_output=True,
        text=True,
        check=True,
    )
    assert SECRET not in done.stdout + done.stderr
    assert left_over(folder) == []
    return done.stdout.strip().replace(str(folder), "…")


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path, powerless: list[str]) -> None:
    (tmp_path / "sub").mkdir(0o500)
    assert outcome(tmp_path, prefix=powerless) == (
        "…/sub/ci cannot be used: permission denied|let this user write to the folder, or deliver to another"
    )


def test_a_disk_that_takes_no_more_leaves_nothing_half_written(tmp_path: Path) -> None:
    setup = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))"
    assert outcome(tmp_path, setup) == (
        "…/sub/ci cannot be used: file too large|raise the limit of a file's size (ulimit -f) and run it again"
    )


def test_a_disk_that_is_full_when_it_is_revealed_keeps_the_old_file(tmp_path: Path) -> None:
    """A limit on files' sizes that lets the secret be staged, and not the file that it is merged into."""
    (tmp_path / "ci.env").write_text(old := f"OTHER={'x' * 2000}\n")
    one = delivery(tmp_path, {"file": {"path": "ci.env", "format": "env", "name": "TOKEN"}})
    script = f"""
import resource, sys
from pathlib import Path
from provision.core.secret import Secret
from provision.secrets.delivery import reveal, stage
from tests.secrets.delivery.deliveries import RUN, SECRET, delivery, places
folder = Path({str(tmp_path)!r})
one = delivery(folder, {{"file": {{"path": "ci.env", "format": "env", "name": "TOKEN"}}}})
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
stage(RUN, [(one, Secret(SECRET))], places(folder))
[failure] = reveal(RUN, [one], places(folder))
print(failure.message)
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == f"{tmp_path}/ci.env cannot be used: file too large\n"
    assert (tmp_path / "ci.env").read_text() == old
    assert len(left_over(tmp_path)) == 1
    assert reveal(RUN, [one], places(tmp_path)) == []
    assert (tmp_path / "ci.env").read_text() == f"{old}TOKEN={SECRET}\n"
