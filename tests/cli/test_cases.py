"""Every folder of tests/cases holds manifests that are wrong, and in problems.txt what people are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.cli.entry import run
from tests.project import settings_text

CASES = Path(__file__).resolve().parents[1] / "cases"
NAMES = sorted(path.name for path in CASES.iterdir() if path.is_dir())


@pytest.mark.parametrize("name", NAMES)
def test_what_is_wrong_is_said(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "provision.toml"
    settings.write_text(settings_text(), encoding="utf-8")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(CASES / name)
    code = run(["plan", "--config", str(settings), "."])
    printed = capsys.readouterr()
    assert printed.err == Path("problems.txt").read_text(encoding="utf-8")
    assert (code, printed.out) == (1, "")
    assert "hunter2" not in printed.err


def test_there_are_many_cases() -> None:
    assert len(NAMES) >= 60
