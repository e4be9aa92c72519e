"""Every folder of cases holds policies that are wrong, and in problems.txt what people are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.cli.entry import run
from tests.project import settings_text, user

CASES = Path(__file__).resolve().parent / "cases"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", NAMES)
def test_what_is_wrong_with_a_policy_is_said_offline(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = f'[policies]\npaths = ["{(CASES / name).as_posix()}"]\n'
    settings = tmp_path / "provision.toml"
    settings.write_text(settings_text().replace("[backend]", f"{paths}[backend]"), encoding="utf-8")
    (tmp_path / "manifests.yaml").write_text(user("amy"), encoding="utf-8")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(CASES / name)
    code = run(["validate", "--config", str(settings), str(tmp_path / "manifests.yaml")])
    printed = capsys.readouterr()
    assert printed.err == Path("problems.txt").read_text(encoding="utf-8")
    assert (code, printed.out) == (1, "")


def test_there_are_many_cases() -> None:
    assert len(NAMES) >= 13
