"""The sink `github_output`: masked first, then written so that no value can forge another output."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from provision.core.secret import Secret
from provision.secrets.delivery import check, reveal, stage
from tests.secrets.delivery.deliveries import RUN, SECRET, deliver, delivery, places

SINK = {"github_output": {"name": "acme_token"}}


def outputs(text: str) -> dict[str, str]:
    """What the runner reads (actions/runner, FileCommandManager.cs: SetOutputFileCommand), for line feeds alone."""
    found: dict[str, str] = {}
    lines = iter(text.split("\n"))
    for line in lines:
        if line:
            name, delimiter = line.split("<<", 1)
            value: list[str] = []
            while (inner := next(lines)) != delimiter:
                value.append(inner)
            found[name] = "\n".join(value)
    return found


def in_a_step(folder: Path, before: str = "") -> Path:
    (folder / "out").write_text(before)
    return folder / "out"


@pytest.mark.parametrize("secret", [SECRET, "two\nlines", "acme_token=x\n\nother<<EOF\nforged\nEOF\n", "100%\r\n"])
@pytest.mark.parametrize("before", ["", "mine<<E\n1\nE\n", "mine<<E\n1\nE"])
def test_the_runner_reads_it_back_and_nothing_besides(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], secret: str, before: str
) -> None:
    out = in_a_step(tmp_path, before)
    where = places(tmp_path, GITHUB_ACTIONS="true", GITHUB_OUTPUT=str(out))
    one = delivery(tmp_path, SINK)
    assert check([one], where) == []
    stage(RUN, [(one, Secret(secret))], where)
    assert out.read_text() == before
    for _ in range(2):
        assert reveal(RUN, [one], where) == []
        read = outputs(out.read_bytes().decode())
        assert read == ({"mine": "1"} if before else {}) | {"acme_token": secret}
    written = capfd.readouterr()
    escaped = secret.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    assert written.out == ""
    assert written.err == f"\n::add-mask::{escaped}\n" * 2


def test_the_mask_is_said_before_the_output_is_written(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    where = places(tmp_path, GITHUB_ACTIONS="true", GITHUB_OUTPUT=str(tmp_path / "gone"))
    one = delivery(tmp_path, SINK)
    stage(RUN, [(one, Secret(SECRET))], where)
    [failure] = reveal(RUN, [one], where)
    assert failure.message == "the file of GITHUB_OUTPUT cannot be used: no such file or directory"
    assert "::add-mask::" in capfd.readouterr().err


def test_every_delimiter_is_another_one(tmp_path: Path) -> None:
    out = in_a_step(tmp_path)
    where = places(tmp_path, GITHUB_ACTIONS="true", GITHUB_OUTPUT=str(out))
    deliver([(delivery(tmp_path, {"github_output": {"name": name}}), SECRET) for name in ("a", "b")], where)
    delimiters = re.findall(r"<<(\S+)", out.read_text())
    assert len(set(delimiters)) == 2
    assert min(map(len, delimiters)) >= 32


@pytest.mark.parametrize("environ", [{}, {"GITHUB_OUTPUT": "out"}, {"GITHUB_ACTIONS": "true"}])
def test_outside_of_github_actions_nothing_is_shown_or_written(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], environ: dict[str, str]
) -> None:
    one = delivery(tmp_path, SINK)
    [problem] = check([one], replace(places(tmp_path), environ=environ))
    assert problem.message == "github_output works in GitHub Actions alone"
    stage(RUN, [(one, Secret(SECRET))], places(tmp_path))
    [failure] = reveal(RUN, [one], replace(places(tmp_path), environ=environ))
    assert failure.message == problem.message
    assert capfd.readouterr() == ("", "")
