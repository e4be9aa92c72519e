"""SQLModel, in the shape of the full-stack FastAPI template: declared users log in, and own what is declared."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher
from pwdlib.hashers.bcrypt import BcryptHasher

if TYPE_CHECKING:
    from tests_backends.example import CopyExample, Example

PASSWORDS = {"ADMIN_PASSWORD": "changed this at once", "TEST_PASSWORD": "tested and found good", "WRONG": "let me in"}
ADMIN, TESTER = "admin@example.com", "test@example.com"
LOGGED_IN = "logged in: Ada Min, superuser: True\n"
REFUSED = "refused: 400 Incorrect email or password\n"
INACTIVE = "refused: 400 Inactive user\n"
ITEMS = """\
SELECT title, email FROM item JOIN "user" ON "user".id = owner_id
WHERE item.id IS NOT NULL AND item.created_at IS NOT NULL ORDER BY 1
"""


@pytest.fixture
def example(example_of: CopyExample, database_url: str) -> Example:
    """The application with the tables of its own migrations, and nobody in them."""
    made = example_of("sqlmodel", database_url)
    made.environ.update(PASSWORDS)
    made.python("-m", "alembic", "upgrade", "head")
    return made


def _login(example: Example, email: str, variable: str) -> str:
    return example.python("login.py", email, variable)


def test_nobody_logs_in_before_there_are_users(example: Example) -> None:
    assert _login(example, ADMIN, "ADMIN_PASSWORD") == REFUSED


def test_the_application_lets_in_whom_the_manifests_declare(example: Example) -> None:
    example.apply()
    [(stored,)] = example.sql('SELECT hashed_password FROM "user" WHERE email = :email', email=ADMIN)
    hashers = PasswordHash((Argon2Hasher(), BcryptHasher()))
    assert hashers.verify_and_update(PASSWORDS["ADMIN_PASSWORD"], stored) == (True, None)
    assert _login(example, ADMIN, "ADMIN_PASSWORD") == LOGGED_IN
    assert _login(example, ADMIN, "WRONG") == REFUSED
    example.assert_no_changes()


def test_items_belong_to_whom_the_manifest_names_and_go_with_their_manifest(example: Example) -> None:
    example.apply()
    assert example.sql(ITEMS) == [("First steps", TESTER)]
    example.keep("people.yaml", 2)
    assert "0 added, 0 changed, 1 removed" in example.apply("--prune")
    assert example.sql(ITEMS) == []
    assert example.sql('SELECT count(*) FROM "user"') == [(2,)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_inactive_user_is_refused(example: Example) -> None:
    example.edit("people.yaml", "  full_name: Tess Ter", "  is_active: false\n  full_name: Tess Ter")
    example.apply()
    assert _login(example, TESTER, "TEST_PASSWORD") == INACTIVE


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_two_items_of_one_title_are_not_guessed_at(example: Example) -> None:
    """The binding promises that owner and title are unique together; where they are not, nothing is written."""
    example.apply()
    [(owner,)] = example.sql("SELECT owner_id FROM item")
    query = "INSERT INTO item (id, title, owner_id) VALUES (:id, 'First steps', :owner)"
    example.sql(query, id=uuid.uuid4().hex, owner=owner)
    example.edit("people.yaml", "  description: What", "  description: Now what")
    done = example.run("apply")
    assert done.code == 1, done.stdout + done.stderr
    assert "Item/test@example.com/First steps" in done.stderr
    assert example.sql("SELECT count(*) FROM item WHERE description LIKE 'Now%'") == [(0,)]
