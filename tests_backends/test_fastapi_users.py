"""fastapi-users: its users log in, by its own route, with the passwords that manifests declare."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

import pytest
from fastapi_users.password import PasswordHelper

if TYPE_CHECKING:
    from tests_backends.example import CopyExample, Example

PASSWORDS = {"ALICE_PASSWORD": "wonderland is open", "BOB_PASSWORD": "a very long night", "WRONG": "let me in"}
ALICE, BOB = "alice@example.com", "bob@example.com"
LOGGED_IN = "logged in: Alice Liddell, superuser: True\n"
REFUSED = "refused: 400 LOGIN_BAD_CREDENTIALS\n"
SIGN_UP = """\
INSERT INTO "user" (id, email, hashed_password, is_active, is_superuser, is_verified)
VALUES (:id, :email, :hash, true, true, true)
"""

on_sqlite_alone = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def example(example_of: CopyExample, database_url: str) -> Example:
    """The application with its tables, and nobody in them."""
    made = example_of("fastapi-users", database_url)
    made.environ.update(PASSWORDS)
    made.python("create_tables.py")
    return made


def _login(example: Example, email: str, variable: str) -> str:
    return example.python("login.py", email, variable)


def _stored(example: Example, email: str) -> str:
    [(stored,)] = example.sql('SELECT hashed_password FROM "user" WHERE email = :email', email=email)
    return str(stored)


def test_nobody_logs_in_before_there_are_users(example: Example) -> None:
    assert _login(example, ALICE, "ALICE_PASSWORD") == REFUSED


def test_the_application_lets_in_whom_the_manifests_declare(example: Example) -> None:
    example.apply()
    accepted, _ = PasswordHelper().verify_and_update(PASSWORDS["ALICE_PASSWORD"], _stored(example, ALICE))
    assert accepted
    assert _login(example, ALICE.upper(), "ALICE_PASSWORD") == LOGGED_IN
    assert _login(example, ALICE, "WRONG") == REFUSED
    example.assert_no_changes()


@on_sqlite_alone
def test_a_hash_that_the_application_replaces_at_login_is_no_change(example: Example) -> None:
    example.rebind('secret = "argon2"', 'secret = "bcrypt", rounds = 4')
    example.apply()
    assert _stored(example, ALICE).startswith("$2b$04$")
    assert _login(example, ALICE, "ALICE_PASSWORD") == LOGGED_IN
    replaced = _stored(example, ALICE)
    assert replaced.startswith("$argon2id$")
    assert "No changes." in example.apply()
    assert _stored(example, ALICE) == replaced


def test_a_disabled_user_is_refused(example: Example) -> None:
    example.edit("people.yaml", "  full_name: Bob", "  status: disabled\n  full_name: Bob")
    example.apply()
    assert _login(example, BOB, "BOB_PASSWORD") == REFUSED
    assert _login(example, ALICE, "ALICE_PASSWORD") == LOGGED_IN


@on_sqlite_alone
def test_a_user_whose_manifest_went_is_refused_after_prune(example: Example) -> None:
    example.apply()
    example.keep("people.yaml", 1)
    assert "0 added, 0 changed, 1 removed" in example.apply("--prune")
    assert _login(example, BOB, "BOB_PASSWORD") == REFUSED
    assert example.sql('SELECT count(*) FROM "user"') == [(2,)]


def test_who_signed_up_in_another_case_is_adopted_and_keeps_the_password_alone(example: Example) -> None:
    example.environ["HIS_OWN"] = "his own password"
    hashed = PasswordHelper().hash(example.environ["HIS_OWN"])
    example.sql(SIGN_UP, id=str(uuid.uuid4()), email="Bob@Example.com", hash=hashed)
    assert "1 added, 1 changed, 0 removed" in example.apply()
    [flags] = example.sql('SELECT is_superuser, is_verified FROM "user" WHERE lower(email) = :email', email=BOB)
    assert not any(flags)
    assert _login(example, BOB, "HIS_OWN") == "logged in: Bob Dodgson, superuser: False\n"
