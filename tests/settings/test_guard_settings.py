"""The table `[guards]` of provision.toml: what it means, and what is said when it does not fit."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from provision.core.address import Address
from provision.core.ceiling import Ceiling
from provision.core.guards import Rules
from provision.errors import InvalidInputError
from provision.kinds.registry import kinds_of
from provision.settings import load_settings

HEAD = """\
project = "acme"
[kinds.User]
model = "app:User"
key = ["username"]
on_remove.disable = { status = "disabled" }
[kinds.ApiKey]
model = "app:Key"
key = ["user", "name"]
references.user = { kind = "User", column = "user_id" }
on_remove.disable = { is_active = false }
[guards]
"""


def rules(text: str, folder: Path) -> Rules:
    """The rules of a project whose `[guards]` says this, from line 12 on."""
    file = folder / "provision.toml"
    file.write_text(HEAD + text, encoding="utf-8")
    settings = load_settings(file, folder)
    kinds_of(settings, lambda _kind: None)
    return settings.guards.rules


def test_without_a_word_the_guards_are_the_usual_ones(tmp_path: Path) -> None:
    assert rules("", tmp_path) == Rules()
    assert Rules().max_removals == Ceiling(share=Fraction(1, 4))
    assert Rules().min_superusers == 1


def test_every_guard_is_read(tmp_path: Path) -> None:
    text = """\
max_removals = 5
max_changes = "40%"
min_superusers = 2
protected = ["User/root", "*/root/*", "Api*/ci"]
required_labels = ["owner", "example.com/team"]
keep = ["User/deploy-bot", "ApiKey/deploy-bot/ci", "User/deploy-bot"]
"""
    assert rules(text, tmp_path) == Rules(
        max_removals=Ceiling(count=5),
        max_changes=Ceiling(share=Fraction(2, 5)),
        min_superusers=2,
        protected=("User/root", "*/root/*", "Api*/ci"),
        required_labels=("owner", "example.com/team"),
        keep=(Address("User", ("deploy-bot",)), Address("ApiKey", ("deploy-bot", "ci"))),
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("max_removal = 5", "guards.max_removal: unknown key. Hint: did you mean max_removals?"),
        ("max_removals = 1.5", "guards.max_removals: give a number such as 12, or a share such as 40%"),
        ("max_removals = true", "guards.max_removals: give a number such as 12, or a share such as 40%"),
        ("max_removals = -1", "guards.max_removals: give a number such as 12, or a share such as 40%"),
        ('max_removals = "101%"', "guards.max_removals: a share is at most 100%"),
        ('max_changes = "many"', "guards.max_changes: give a number such as 12, or a share such as 40%"),
        ("max_changes = []", "guards.max_changes: give a number such as 12, or a share such as 40%"),
        ("min_superusers = -1", "guards.min_superusers: input should be greater than or equal to 0"),
        ('min_superusers = "1"', "guards.min_superusers: must be a whole number. Hint: write it without quotes"),
        ('protected = "User/root"', 'guards.protected: must be a list. Hint: write it as ["one", "two"]'),
        (
            'protected = ["User/a", "root"]',
            "guards.protected.1: is not a pattern of addresses, such as User/root or ApiKey/root/*",
        ),
        (
            'protected = ["Usr/root"]',
            "guards.protected: Usr/root names no kind that is bound. Hint: did you mean User?",
        ),
        (
            'protected = ["X*/root"]',
            "guards.protected: X*/root names no kind that is bound. Hint: known: ApiKey, User",
        ),
        ('keep = ["User"]', "guards.keep.0: an address looks like User/alice or ApiKey/deploy-bot/ci"),
        ('keep = ["Usr/bot"]', "guards.keep: Usr/bot names no kind that is bound. Hint: did you mean User?"),
        (
            'keep = ["ApiKey/ci"]',
            (
                "guards.keep: ApiKey/ci is no address of the kind ApiKey. "
                "Hint: an address of it looks like ApiKey/user/name"
            ),
        ),
        (
            'required_labels = ["the owner"]',
            "guards.required_labels: the owner is not a valid label. Hint: letters, digits, dots, dashes, slashes",
        ),
        (r'required_labels = ["owner\n"]', "guards.required_labels: owner"),
        ('required_labels = [""]', "guards.required_labels.0: string should have at least 1 character"),
    ],
)
def test_what_does_not_fit_is_said_with_its_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(InvalidInputError) as caught:
        rules(f"\n{text}\n", tmp_path)
    [found] = caught.value.problems
    assert str(found).startswith(f"provision.toml:13:1: {problem}")


def test_several_mistakes_are_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError) as caught:
        rules('keep = ["Usr/bot"]\nprotected = ["Usr/*"]\nrequired_labels = ["-"]', tmp_path)
    assert [problem.position.line for problem in caught.value.problems if problem.position] == [13, 12, 14]
