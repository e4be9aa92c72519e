"""Django, bound by reflection alone: its `authenticate` takes the declared passwords, and knows the groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests_backends.example import CopyExample, Example

PASSWORDS = {"ALICE_PASSWORD": "wonderland is open", "BOB_PASSWORD": "a very long night"}
LOGGED_IN = "logged in: Alice Liddell, superuser: True, groups: editors, reporters\n"
BOB_LOGGED_IN = "logged in: Bob Dodgson, superuser: False, groups: reporters\n"
REFUSED = "refused\n"
GROUPS = """\
SELECT auth_group.name FROM auth_user_groups
JOIN auth_user ON auth_user.id = user_id JOIN auth_group ON auth_group.id = group_id
WHERE username = :username ORDER BY 1
"""

on_sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def example(example_of: CopyExample, database_url: str) -> Example:
    """The project with the tables of Django's own migrations, and nobody in them."""
    made = example_of("django", database_url)
    made.environ.update(PASSWORDS)
    made.python("manage.py", "migrate", "--verbosity", "0")
    return made


def _login(example: Example, username: str, variable: str) -> str:
    return example.python("login.py", username, variable)


def _by_hand(example: Example, code: str) -> None:
    """Change something as Django's own code does."""
    example.python("manage.py", "shell", "--verbosity", "0", "-c", code)


def test_nobody_logs_in_before_there_are_users(example: Example) -> None:
    assert _login(example, "alice", "ALICE_PASSWORD") == REFUSED


def test_django_lets_in_whom_the_manifests_declare(example: Example) -> None:
    example.apply()
    assert _login(example, "alice", "ALICE_PASSWORD") == LOGGED_IN
    assert _login(example, "bob", "BOB_PASSWORD") == BOB_LOGGED_IN
    assert _login(example, "bob", "ALICE_PASSWORD") == REFUSED
    # A login writes `last_login` and may hash anew; neither is a change.
    example.assert_no_changes()


def test_permissions_that_migrations_made_are_named_by_the_groups_that_have_them(example: Example) -> None:
    example.apply()
    shown = "from django.contrib.auth.models import User; bob = User.objects.get(username='bob'); "
    shown += "print([bob.has_perm(name) for name in ('auth.view_user', 'auth.delete_user')])"
    assert example.python("manage.py", "shell", "--verbosity", "0", "-c", shown).strip() == "[True, False]"


@on_sqlite_alone
def test_a_permission_that_is_not_there_is_refused(example: Example) -> None:
    manifest = example.folder / "manifests" / "groups.yaml"
    manifest.write_text(manifest.read_text().replace("view_user", "veiw_user"))
    refused = example.run("apply")
    assert refused.code == 1
    assert "Permission/auth/user/veiw_user is not in the database" in refused.stderr
    assert example.sql("SELECT count(*) FROM auth_group") == [(0,)]


@on_sqlite_alone
def test_a_user_without_a_password_in_git_has_none_that_works(example: Example) -> None:
    manifest = example.folder / "manifests" / "carol.yaml"
    manifest.write_text("apiVersion: provision/v1\nkind: User\nmetadata: {name: carol}\n")
    example.environ["EMPTY"] = "!"
    example.apply()
    assert _login(example, "carol", "EMPTY") == REFUSED
    shown = "from django.contrib.auth.models import User; "
    shown += "print(User.objects.get(username='carol').has_usable_password())"
    assert example.python("manage.py", "shell", "--verbosity", "0", "-c", shown).strip() == "False"


@on_sqlite_alone
def test_a_hash_of_fewer_rounds_that_django_replaces_at_login_is_no_change(example: Example) -> None:
    example.rebind('secret = "django"', 'secret = "django", rounds = 1000')
    example.apply()
    query = "SELECT password FROM auth_user WHERE username = 'alice'"
    [(stored,)] = example.sql(query)
    assert stored.startswith("pbkdf2_sha256$1000$")
    assert _login(example, "alice", "ALICE_PASSWORD") == LOGGED_IN
    [(replaced,)] = example.sql(query)
    assert replaced.startswith("pbkdf2_sha256$")
    assert replaced != stored
    assert "No changes." in example.apply()
    assert example.sql(query) == [(replaced,)]


def test_what_is_granted_by_hand_is_shown_and_taken_back(example: Example) -> None:
    example.apply()
    _by_hand(
        example,
        "from django.contrib.auth.models import User, Group\n"
        "bob = User.objects.get(username='bob')\n"
        "bob.is_superuser = True\n"
        "bob.save()\n"
        "bob.groups.add(Group.objects.get(name='editors'))\n",
    )
    plan = example.run("plan", "--detailed-exitcode")
    assert plan.code == 2, plan.stdout + plan.stderr
    assert "User/bob" in plan.stdout
    assert "is_superuser" in plan.stdout
    assert "editors" in plan.stdout
    assert "0 added, 1 changed, 0 removed" in example.apply()
    assert _login(example, "bob", "BOB_PASSWORD") == BOB_LOGGED_IN


@on_sqlite_alone
def test_groups_that_a_manifest_does_not_name_are_left_alone(example: Example) -> None:
    example.edit("people.yaml", "  groups: [reporters]\n", "")
    example.apply()
    _by_hand(
        example,
        "from django.contrib.auth.models import User, Group\n"
        "User.objects.get(username='bob').groups.add(Group.objects.get(name='editors'))\n",
    )
    assert "No changes." in example.apply()
    assert example.sql(GROUPS, username="bob") == [("editors",)]
    example.edit("people.yaml", "  last_name: Dodgson\n", "  last_name: Dodgson\n  groups: []\n")
    assert "0 added, 1 changed, 0 removed" in example.apply()
    assert example.sql(GROUPS, username="bob") == []


def test_a_user_who_is_inactive_or_whose_manifest_went_is_refused(example: Example) -> None:
    example.edit("people.yaml", "  first_name: Bob", "  is_active: false\n  first_name: Bob")
    example.apply()
    assert _login(example, "bob", "BOB_PASSWORD") == REFUSED
    example.edit("people.yaml", "  is_active: false\n", "")
    example.apply()
    assert _login(example, "bob", "BOB_PASSWORD") == BOB_LOGGED_IN
    example.keep("people.yaml", 1)
    assert "0 added, 0 changed, 1 removed" in example.apply("--prune")
    assert _login(example, "bob", "BOB_PASSWORD") == REFUSED
    assert example.sql("SELECT count(*) FROM auth_user") == [(2,)]


@on_sqlite_alone
def test_the_last_superuser_is_guarded(example: Example) -> None:
    example.apply()
    example.edit("people.yaml", "  is_superuser: true\n", "")
    refused = example.run("apply")
    assert refused.code == 5, refused.stdout + refused.stderr
    assert _login(example, "alice", "ALICE_PASSWORD") == LOGGED_IN
