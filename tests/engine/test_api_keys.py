"""Of an API key the database keeps a SHA-256, and two pieces that people recognise it by."""

from __future__ import annotations

from hashlib import sha256

import pytest

from provision.errors import InvalidInputError
from tests.engine.runs import apply, content, on_sqlite, shown
from tests.project import Project, api_key, user

CLEAR = "acme_zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ0mLq17"
KEY = "key: {from: {env: KEY}}"
ROW = "SELECT key_hash, key_prefix, key_last_four FROM sys_api_key"


def digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()


@on_sqlite
@pytest.mark.parametrize(
    ("clear", "prefix"),
    [(CLEAR, "acme"), ("no-underscore-but-long-enough", None), ("f" * 40, None), ("sk-live_" + "a" * 30, "sk-live")],
)
def test_its_hash_prefix_and_last_four_are_stored(project: Project, clear: str, prefix: str | None) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY))
    apply(project, environ={"KEY": clear})
    assert project.sql(ROW) == [(digest(clear), prefix, clear[-4:])]
    assert clear not in str(content(project))


def test_a_changed_key_is_updated_and_an_unchanged_one_is_not_written(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY))
    apply(project, environ={"KEY": CLEAR})
    before = content(project)
    assert apply(project, environ={"KEY": CLEAR}).plan.is_empty
    assert content(project) == before

    other = "other_" + "b" * 30
    text = shown(apply(project, environ={"KEY": other}))
    assert "key = (sensitive)   # the stored value does not match the declared one" in text
    assert other not in text
    assert project.sql(ROW) == [(digest(other), "other", "bbbb")]


def test_a_key_changed_in_the_database_is_set_back(project: Project) -> None:
    project.write(
        user("bot") + api_key("bot", "ci", f"key: {{hash: {digest(CLEAR)}, prefix: acme, last_four: Lq17}}")
    )
    apply(project)
    project.sql("UPDATE sys_api_key SET key_hash = 'mallory'")
    apply(project)
    assert project.sql(ROW) == [(digest(CLEAR), "acme", "Lq17")]


def test_a_key_left_out_later_is_released_and_stays(project: Project) -> None:
    project.write(user("bot") + api_key("bot", "ci", KEY))
    apply(project, environ={"KEY": CLEAR})
    project.write(user("bot") + api_key("bot", "ci"))
    assert "released: key" in shown(apply(project))
    assert project.sql(ROW) == [(digest(CLEAR), "acme", "Lq17")]


@on_sqlite
@pytest.mark.parametrize(
    ("clear", "complaint"),
    [
        (
            "short",
            "the secret from env KEY has fewer than 20 characters. Hint: a key is random: openssl rand -hex 20",
        ),
        ("x" * 30 + " y", "the secret from env KEY holds spaces or characters beyond ASCII."),
        ("ü" * 30, "the secret from env KEY holds spaces or characters beyond ASCII."),
    ],
)
def test_a_key_that_is_no_key_is_refused_with_its_place(project: Project, clear: str, complaint: str) -> None:
    project.write(user("bot", f"api_keys: [{{name: ci, {KEY}}}]"))
    with pytest.raises(InvalidInputError) as caught:
        apply(project, environ={"KEY": clear})
    [problem] = map(str, caught.value.problems)
    assert problem.startswith(f"manifests/all.yaml:8:30: spec.api_keys[0].key: {complaint}")


def test_a_key_that_another_row_holds_is_refused_by_the_database_and_nothing_is_written(project: Project) -> None:
    key = f"key: {{hash: {digest(CLEAR)}}}"
    project.write(user("bot") + api_key("bot", "old", key))
    apply(project)
    project.write(user("bot") + api_key("bot", "new", key))
    before = content(project)
    with pytest.raises(Exception, match=r"a value that must be unique is taken by another row: .*key_hash"):
        apply(project)
    assert content(project) == before
