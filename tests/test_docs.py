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
from provision.core.moment import parse_as_of
from provision.core.plan import Reason
from provision.errors import ExitCode
from provision.kinds.registry import kinds_of
from provision.manifest.schema import BEYOND_JSON_SCHEMA
from provision.settings import load_settings
from provision.settings.binding import Table
from provision.settings.reference import reference
from tests.engine.runs import apply, plan, shown
from tests.project import REPOSITORY, Project, api_key, make_project, user

README = (REPOSITORY / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [REPOSITORY / "README.md", *sorted((REPOSITORY / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?:)([^)#]+)[^)]*\)")


GUIDES = REPOSITORY / "docs" / "guides"
# Those of other guides are about other kinds, which a test in tests_backends makes.
WITH_MANIFESTS = [
    *("README.md", "docs/guides/manifests.md", "docs/guides/secrets.md", "docs/guides/key-rotation.md"),
]


def _blocks(text: str, language: str) -> list[str]:
    found: list[str] = re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return found


@pytest.fixture
def fresh_copy(tmp_path: Path) -> Path:
    """What a clone holds that the README's commands need."""
    for name in ("provision.toml", "demo.sh"):
        shutil.copy(REPOSITORY / name, tmp_path)
    for name in ("manifests", "backend", "schemas"):
        shutil.copytree(REPOSITORY / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "examples").mkdir()
    shutil.copy(REPOSITORY / "examples" / "release-bot.yaml", tmp_path / "examples")
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
    for sign in ("Apply complete: 2 added", "-rw-------", "Valid: prefix acme.", "will be rotated"):
        assert sign in done.stdout.partition("== 7.")[2]
    assert not (fresh_copy / "provision.db").exists()
    assert not (fresh_copy / "secrets").exists()


@pytest.mark.skipif(not (REPOSITORY / ".git").exists(), reason="this is no clone")
def test_git_ignores_what_is_delivered_and_what_waits_for_it() -> None:
    wanted = ["secrets/release-bot.env", "a/.provision/run.mark", "a/.ci.env.provision-run.mark"]
    kept = ["provision/secrets/mint.py", "examples/release-bot.yaml", "benchmarks/secrets.py"]
    done = _run(f"git check-ignore --no-index {' '.join([*wanted, *kept])}", REPOSITORY)
    assert done.stdout.split() == wanted


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


@pytest.mark.parametrize("document", WITH_MANIFESTS)
def test_the_manifests_in_the_documents_are_valid(document: str, fresh_copy: Path) -> None:
    text = (REPOSITORY / document).read_text(encoding="utf-8").partition("## Kinds of your own")[0]
    blocks = [block for block in _blocks(text, "yaml") if "kind:" in block]
    assert blocks
    for number, block in enumerate(blocks):
        # Where a manifest is, for paths that lead out of its folder.
        (fresh_copy / "manifests" / f"{number}.yaml").write_text(block, encoding="utf-8")
        done = _run(f"provision validate manifests/{number}.yaml", fresh_copy)
        assert done.returncode == 0, done.stderr


def _deliveries() -> list[str]:
    return _blocks((GUIDES / "delivery.md").read_text(encoding="utf-8"), "yaml")


@pytest.mark.parametrize("block", _deliveries())
def test_the_deliveries_in_the_guide_are_valid_beside_a_key(block: str, fresh_copy: Path) -> None:
    assert block.startswith("deliver_to:\n")
    key = api_key("deploy-bot", "ci", "key: {generate: {prefix: acme}}", *block.splitlines())
    (fresh_copy / "key.yaml").write_text(f"{user('deploy-bot')}{key}", encoding="utf-8")
    done = _run("provision validate key.yaml", fresh_copy)
    assert done.returncode == 0, done.stderr


def test_the_calendar_of_a_key_is_what_plans_say(
    tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    guide = (GUIDES / "key-rotation.md").read_text(encoding="utf-8")
    project = make_project(tmp_path / "project", sqlite_url)
    monkeypatch.chdir(project.folder)
    project.write(_blocks(guide, "yaml")[0], "bot.yaml")
    calendar = guide.partition("## The calendar of a key")[2].partition("\n## ")[0]
    days = list(zip(_blocks(calendar, "sh"), _blocks(calendar, "text"), strict=True))
    assert len(days) == 5
    for command, output in days:
        moment = parse_as_of(command.removeprefix("provision plan --as-of ").strip())
        assert shown(plan(project, as_of=moment)).split("\n", 2)[2] + "\n" == output
        apply(project, as_of=moment)


def test_a_kind_of_ones_own_is_rotated_as_the_guide_binds_it(tmp_path: Path, sqlite_url: str) -> None:
    section = (GUIDES / "key-rotation.md").read_text(encoding="utf-8").partition("## Kinds of your own")[2]
    project = Project(folder=tmp_path, url=sqlite_url)
    (tmp_path / "provision.toml").write_text(_blocks(section, "toml")[0], encoding="utf-8")
    project.write(_blocks(section, "yaml")[0])
    for statement in _blocks(section, "sql")[0].split(";")[:-1]:
        project.sql(statement)
    assert project.run("apply").code == 0
    assert (tmp_path / "secrets" / "bot.key").exists()
    later = project.run("plan", "--as-of", "+31d").stdout
    assert "~ Token/bot/ci will be rotated" in later
    assert "generation 1 stays valid until" in later
    done = project.run("rotate", "Token/bot/ci", "--revoke-old-now")
    assert done.code == 0, done.stderr
    assert project.sql("SELECT generation, revoked FROM token ORDER BY generation") == [(1, 1), (2, 0)]


def test_the_words_that_the_guides_quote_are_those_of_plans() -> None:
    text = (GUIDES / "secrets.md").read_text(encoding="utf-8")
    section = text.partition("### What a plan says")[2].partition("\n### ")[0]
    quoted = re.findall(r"\| `([^`]+)` \|$", section, re.MULTILINE)
    assert len(quoted) == 5
    assert set(quoted) <= {reason.value for reason in Reason}


def test_the_page_of_variables_lists_those_of_the_program() -> None:
    text = (GUIDES / "environment-variables.md").read_text(encoding="utf-8")
    sources = (REPOSITORY / "provision").rglob("*.py")
    named = {name for file in sources for name in re.findall(r"\bPROVISION_[A-Z_]*[A-Z]\b", file.read_text("utf-8"))}
    assert len(named) > 7
    assert sorted(name for name in named if f"`{name}`" not in text) == []
