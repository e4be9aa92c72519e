"""Processes that deliver into one file at the same time, and a search for the secret in all that is said."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from provision.core.secret import Secret
from provision.secrets.delivery import UndeliverableError, check, discard_run, reveal, stage
from provision.secrets.delivery import folder as folder_module
from provision.secrets.delivery.folder import locked, open_folder
from provision.secrets.delivery.location import Location
from tests.canary import find_leaks
from tests.project import REPOSITORY
from tests.secrets.delivery.deliveries import RUN, SECRET, below, delivery, left_over, places

PROCESSES, KEYS = 4, 15
DELIVER = """
import sys
from pathlib import Path
from tests.secrets.delivery.deliveries import deliver, delivery, places
folder, form, number, keys = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
sys.stdin.readline()
for key in range(keys):
    name = f"T{number}_{key}"
    one = delivery(folder, {"file": {"path": "ci", "format": form, "name": name}}, owner=name)
    deliver([(one, f"secret {name}")], places(folder), run=f"run-{number}")
"""


@pytest.mark.parametrize("form", ["env", "json"])
def test_processes_that_share_a_file_lose_nothing_of_each_other(tmp_path: Path, form: str) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", DELIVER, str(tmp_path), form, str(number), str(KEYS)],
            cwd=REPOSITORY,
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        for number in range(PROCESSES)
    ]
    for process in processes:
        assert process.stdin
        process.stdin.write(b"\n")
        process.stdin.flush()
    assert [process.communicate()[1].decode() for process in processes] == [""] * PROCESSES
    expected = {f"T{number}_{key}": f"secret T{number}_{key}" for number in range(PROCESSES) for key in range(KEYS)}
    text = (tmp_path / "ci").read_text()
    if form == "json":
        assert json.loads(text) == expected
    else:
        assert sorted(text.splitlines()) == sorted(f"{name}='{value}'" for name, value in expected.items())
    assert [path.name for path in below(tmp_path)] == ["ci"]


def test_a_lock_that_somebody_keeps_is_not_waited_for_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_module, "PATIENCE", 0.1)
    one = delivery(tmp_path, {"file": {"path": "ci"}})
    stage(RUN, [(one, Secret(SECRET))], places(tmp_path))
    with open_folder(Location(root=tmp_path, folders=(), name=""), create=False) as descriptor, locked(descriptor):
        [failure] = reveal(RUN, [one], places(tmp_path))
        with pytest.raises(UndeliverableError, match="another process holds"):
            stage("another-run", [(one, Secret(SECRET))], places(tmp_path))
    assert failure.message == "another process holds the folder's lock"
    assert reveal(RUN, [one], places(tmp_path)) == []


def test_who_reads_the_file_meanwhile_sees_the_old_one_or_the_new_one(tmp_path: Path) -> None:
    one = delivery(tmp_path, {"file": {"path": "ci"}})
    (tmp_path / "ci").write_text(SECRET * 1000)
    stage(RUN, [(one, Secret(SECRET * 1000))], places(tmp_path))
    is_over, seen = threading.Event(), set[int]()

    def read() -> None:
        while not is_over.is_set():
            seen.add(len((tmp_path / "ci").read_bytes()))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        for _ in range(100):
            assert reveal(RUN, [one], places(tmp_path)) == []
    finally:
        is_over.set()
        reader.join()
    assert seen == {len(SECRET) * 1000}


def _words(error: BaseException | None) -> Iterator[str]:
    """All that an error and those behind it hold, shown or not."""
    while error:
        yield from (repr(error), repr(error.args), repr(vars(error)), "".join(traceback.format_exception(error)))
        error = error.__cause__ or error.__context__


def test_nothing_that_is_said_holds_the_secret(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    sinks: dict[str, dict[str, Any]] = {
        "raw": {"file": {"path": "raw"}},
        "env": {"file": {"path": "env", "format": "env", "name": "A"}},
        "json": {"file": {"path": "json", "format": "json", "name": "A"}},
        "age": {"age_file": {"path": "age", "recipients": [f"age1{'q' * 58}"]}},
        "kubernetes": {"kubernetes_secret": {"path": "k8s", "name": "a", "key": "k"}},
        "command": {"command": ["sh", "-c", "cat; cat >&2; exit 1"]},
        "output": {"github_output": {"name": "a"}},
    }
    ones = {name: delivery(tmp_path, sink, owner=name) for name, sink in sinks.items()}
    where = places(tmp_path, commands=("sh",), GITHUB_ACTIONS="true", GITHUB_OUTPUT=str(tmp_path / "gone"))
    said = [repr(ones), repr(where), repr(check(list(ones.values()), where))]
    secret = Secret(SECRET)
    for broken in (b"\xff" + SECRET.encode(), b"{" + SECRET.encode(), f'{{"{SECRET}": 1, "{SECRET}": 1}}'.encode()):
        for name in ("env", "json", "raw", "age", "kubernetes"):
            (tmp_path / name).write_bytes(broken)
            with pytest.raises(UndeliverableError) as caught:
                stage(RUN, [(one, secret) for one in ones.values()], where)
            said += [caught.value.message, caught.value.hint, *_words(caught.value)]
            said.append(repr(check(list(ones.values()), where)))
    for name in ("env", "json"):
        (tmp_path / name).unlink()
    good = [one for name, one in ones.items() if name != "age"]
    stage(RUN, [(one, secret) for one in good], where)
    (tmp_path / "json").write_text(f"[{SECRET}")
    failures = reveal(RUN, good, where)
    assert [failure.delivery.slot[0].key[1] for failure in failures] == ["json", "command", "output"]
    said += [repr(failures), *(failure.message + failure.hint for failure in failures)]
    said += [path.name for path in below(tmp_path)]
    discard_run(RUN, good, where)
    assert left_over(tmp_path) == []
    # The mask is the one place where it has to be said; the runner takes it out of the log.
    written = capfd.readouterr()
    said += [written.out, *(line for line in written.err.splitlines() if not line.startswith("::add-mask::"))]
    assert find_leaks([SECRET], {str(number): text for number, text in enumerate(said)}) == []
