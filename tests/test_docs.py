"""The documents tell the truth: commands run, tables are complete, links lead somewhere."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from provision.cli.group import ALIASES, COMMANDS
from provision.errors import ExitCode
from provision.kinds.registry import kinds_of
from provision.manifest.schema import BEYOND_JSON_SCHEMA
from provision.settings import load_settings
from provision.settings.binding import Table
from provision.settings.reference import reference
from tests.project import REPOSITORY

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")


@pytest.fixture
def fresh_copy(tmp_path: Path) -> Path:
    """What a clone holds that the README's commands need."""
    for name in ("provision.toml", "demo.sh"):
        shutil.copy(REPOSITORY / name, tmp_path)
    for name in ("manifests", "backend", "schemas"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def _run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    environ = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1", "HOME": str(folder)}
    return subprocess.run(["sh", "-c", command], cwd=folder, env=environ, capture_output=True, text=True, check=False)


def _shell_commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.startswith("provision ")]


def test_the_commands_of_the_readme_run_in_order_and_end_with_no_changes(fresh_copy: Path) -> None:
    commands = _shell_commands()
    assert "provision apply" in commands
    for command in commands:
        done = _run(command, fresh_copy)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    assert "No changes. The database matches the manifests." in done.stdout


def test_the_demo_runs_and_shows_every_step(fresh_copy: Path) -> None:
    done = _run("sh demo.sh", fresh_copy)
    assert done.returncode == 0, done.stderr
    for sign in ("Apply complete: 16 added", "No changes.", "verified", "is_superuser = true -> false", "2 removed."):
        assert sign in done.stdout
    assert not (fresh_copy / "provision.db").exists()


def test_the_readme_names_the_make_targets_that_there_are() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert set(re.findall(r"make ([a-z]+)", README)) - {"sure"} <= targets


@pytest.mark.parametrize("command", [*COMMANDS, *ALIASES])
def test_the_readme_lists_every_command(command: str) -> None:
    section = README.partition("## Commands")[2].partition("\n## ")[0]
    assert f"`{command}" in section


def test_the_readme_lists_every_exit_code_and_no_other() -> None:
    section = README.partition("| exit | meaning |")[2].partition("\n## ")[0]
    listed = {int(code) for code in re.findall(r"^\| (\d+) \|", section, re.MULTILINE)}
    assert listed == {int(code) for code in ExitCode}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.relative_to(REPOSITORY).as_posix())
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    missing = [
        link for link in LINK.findall(document.read_text(encoding="utf-8")) if not (document.parent / link).exists()
    ]
    assert not missing


def test_the_places_that_the_architecture_names_exist() -> None:
    text = (REPOSITORY / "docs" / "architecture.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:[a-z_]+/)+(?:[a-z_]+\.py)?)`", text)
    assert len(named) > 15
    assert [path for path in named if not (REPOSITORY / "provision" / path).exists()] == []


def test_the_reference_of_bindings_is_fresh() -> None:
    assert (REPOSITORY / "docs" / "reference" / "bindings.md").read_text(encoding="utf-8") == reference()


def test_the_reference_lists_every_key_and_says_what_it_means() -> None:
    rows = [line.split(" | ") for line in reference().splitlines() if line.startswith("| `")]
    keys = {name for table in Table.__subclasses__() for name in table.model_fields} - {"source"}
    assert {row[0].strip("| `") for row in rows} >= keys
    assert [row[0] for row in rows if not row[3].strip(" |")] == []


def test_the_bindings_in_the_guides_load(tmp_path: Path) -> None:
    for guide in sorted((REPOSITORY / "docs" / "guides").glob("*.md")):
        blocks = re.findall(r"^```toml\n(.*?)^```", guide.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
        for block in (block for block in blocks if "[kinds." in block):
            file = tmp_path / "provision.toml"
            file.write_text(block, encoding="utf-8")
            assert kinds_of(load_settings(file, tmp_path), lambda _kind: None)


def test_the_guide_to_ones_own_backend_shows_many_bindings() -> None:
    guide = (REPOSITORY / "docs" / "guides" / "bring-your-own-backend.md").read_text(encoding="utf-8")
    assert guide.count("[kinds.") > 10


def test_the_guide_lists_every_rule_that_json_schema_cannot_express() -> None:
    guide = (REPOSITORY / "docs" / "guides" / "manifests.md").read_text(encoding="utf-8")
    assert [rule for rule in BEYOND_JSON_SCHEMA.values() if f"- {rule}\n" not in guide] == []


@pytest.mark.parametrize("document", ["README.md", "docs/guides/manifests.md"])
def test_the_manifests_in_the_documents_are_valid(document: str, fresh_copy: Path) -> None:
    text = (REPOSITORY / document).read_text(encoding="utf-8")
    blocks = [
        block for block in re.findall(r"^```yaml\n(.*?)^```", text, re.MULTILINE | re.DOTALL) if "kind:" in block
    ]
    assert blocks
    for number, block in enumerate(blocks):
        (fresh_copy / f"{number}.yaml").write_text(block, encoding="utf-8")
        done = _run(f"provision validate {number}.yaml", fresh_copy)
        assert done.returncode == 0, done.stderr
