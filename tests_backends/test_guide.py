"""A Django project whose owner follows docs/guides/bring-your-own-backend.md and nothing else."""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING

import pytest

from tests.project import REPOSITORY

if TYPE_CHECKING:
    from tests_backends.example import CopyExample, Example

GUIDE = (REPOSITORY / "docs" / "guides" / "bring-your-own-backend.md").read_text(encoding="utf-8")
WALK = GUIDE.partition("## A walk")[2].partition("\n## ")[0]
ALICE = {"ALICE_PASSWORD": "wonderland is open"}


def _blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", WALK, flags=re.MULTILINE | re.DOTALL)


@pytest.fixture
def project(example_of: CopyExample, database_url: str) -> Example:
    """A migrated Django project that has never heard of us."""
    made = example_of("django", database_url)
    (made.folder / "provision.toml").unlink()
    for manifest in (made.folder / "manifests").iterdir():
        manifest.unlink()
    made.environ.update(ALICE)
    made.python("manage.py", "migrate", "--verbosity", "0")
    return made


def test_whoever_follows_the_guide_has_users_that_log_in(project: Example) -> None:
    draft, first_run, export = _blocks("sh")
    [manifest] = _blocks("yaml")
    done = project.shell(draft)
    assert done.returncode == 0, done.stderr
    project.write(manifest, "people.yaml")
    done = project.shell(first_run)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Apply complete: 2 added, 0 changed, 0 removed." in done.stdout
    assert done.stdout.endswith("No changes. The database matches the manifests.\n")
    login = project.python("login.py", "alice", "ALICE_PASSWORD")
    assert login == "logged in: Alice Liddell, superuser: False, groups: editors\n"
    done = project.shell(export)
    assert done.returncode == 0, done.stderr
    assert "first_name: Alice" in (project.folder / "exported" / "User.yaml").read_text(encoding="utf-8")


def test_the_guide_shows_what_the_draft_says(project: Example) -> None:
    done = project.shell(_blocks("sh")[0])
    assert done.returncode == 0, done.stderr
    drafted = tomllib.loads((project.folder / "provision.toml").read_text(encoding="utf-8"))
    [shown] = _blocks("toml")
    assert drafted == {**tomllib.loads(shown), "database": {}}


def test_users_that_django_made_are_adopted_from_their_export_and_keep_their_passwords(project: Example) -> None:
    project.python(
        "manage.py", "shell", "--verbosity", "0", "-c",
        "from django.contrib.auth.models import User, Group\n"
        "alice = User.objects.create_superuser('alice', 'a@example.com', 'wonderland is open', first_name='Alice')\n"
        "alice.groups.add(Group.objects.create(name='editors'))\n"
        "User.objects.create_user('no', '', None, first_name='yes', last_name='two\\nlines')\n",
    )  # fmt: skip
    assert project.shell(_blocks("sh")[0]).returncode == 0
    assert 'fields.password = { secret = "django" }  # as the stored ones are' in (
        (project.folder / "provision.toml").read_text(encoding="utf-8")
    )
    done = project.run("export", "--output", "manifests")
    assert (done.code, done.stderr) == (0, "")
    assert "Plan: 0 to add, 3 to change, 0 to remove." in project.run("plan").stdout
    adopted = [line for line in project.run("plan").stdout.splitlines() if line.startswith("  ")]
    assert len(adopted) == 3
    assert all("will be adopted" in line for line in adopted)
    project.apply()
    login = project.python("login.py", "alice", "ALICE_PASSWORD")
    assert login == "logged in: Alice, superuser: True, groups: editors\n"
