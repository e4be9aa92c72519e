"""The object that programs read: format 1 is a contract."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from provision.core.plan import Action, Change, Reason
from provision.core.value import Value
from provision.errors import Problem
from provision.report import json_object
from provision.report.view import PlanView, Stage
from tests.report.examples import ADOPT, CREATE, DISABLE, PROBLEM, REFUSAL, RENAME, ROTATE, UPDATE, field, user, view


def parsed(view: PlanView) -> Any:
    return json.loads("".join(json_object.plan(view, colour=True)))


def test_a_plan_has_the_members_of_the_contract() -> None:
    answer = parsed(view(CREATE))
    assert answer["format_version"] == "1"
    assert answer["summary"] == {"add": 1, "change": 0, "remove": 0, "unchanged": 7}
    assert answer["problems"] == []
    (change,) = answer["changes"]
    assert (change["action"], change["address"]) == ("create", "User/alice")
    assert change["source"] == "manifests/people.yaml:3"
    new: dict[str, Any] = {"reason": "new", "before": None, "deliver_to": [], "private": False}
    assert change["fields"] == [
        {"name": "email", "after": "alice@example.com", "sensitive": False, **new},
        {"name": "password", "after": None, "sensitive": True, **new},
    ]


def test_a_rotation_tells_who_gets_the_key_and_what_becomes_of_the_former_ones() -> None:
    answer = parsed(view(ROTATE))
    (change,) = answer["changes"]
    assert (change["action"], change["generation"]) == ("rotate", 3)
    assert change["fields"][0]["deliver_to"] == ["file ../secrets/ci.env ACME_TOKEN"]
    assert change["retires"] == [{"generation": 1, "reason": "its overlap is over"}]
    assert change["retiring"] == {"2": "2027-03-08T00:00:00Z"}


def test_a_change_tells_all_that_the_text_tells() -> None:
    update, rename, adopt = parsed(view(UPDATE, RENAME, ADOPT))["changes"]
    assert (update["reason"], update["released"]) == ("differs from the manifest", ["phone"])
    assert update["fields"][0]["reason"] == "changed in the database"
    assert [item["name"] for item in update["metadata"]] == ["lifecycle.on_remove"]
    assert (rename["previous"], adopt["previous"]) == ("User/caro", None)
    assert (rename["managed_by"], adopt["managed_by"]) == (None, "other")


def test_the_rest_of_the_view_is_there() -> None:
    shown = replace(
        view(CREATE, pending=(DISABLE,), refusals=(REFUSAL,), warnings=("slow parser",)), fingerprint="sha256:12"
    )
    answer = parsed(shown)
    assert (answer["project"], answer["target"], answer["applied"]) == ("acme", "sqlite:///acme.db", False)
    assert answer["fingerprint"] == "sha256:12"
    assert [change["source"] for change in answer["pending"]] == ["manifests/old.yaml:4"]
    assert answer["pending"][0]["fields"][1]["after"] == "now"
    assert answer["refusals"] == [
        {"guard": "removals", "message": "3 of 10 would be removed", "hint": "--max-removals 3"}
    ]
    assert answer["warnings"] == ["slow parser"]


@pytest.mark.parametrize("stage", Stage)
def test_only_what_was_written_is_applied(stage: Stage) -> None:
    assert parsed(view(stage=stage))["applied"] is (stage is Stage.APPLIED)


def test_problems_come_in_the_same_object() -> None:
    answer = json.loads("".join(json_object.problems((PROBLEM, Problem(message="no files")), colour=False)))
    assert answer == {
        "format_version": "1",
        "summary": {"add": 0, "change": 0, "remove": 0, "unchanged": 0},
        "changes": [],
        "problems": [
            {
                "file": "manifests/people.yaml",
                "line": 12,
                "column": 1,
                "path": "spec.email",
                "message": "not an e-mail address",
                "hint": "write a@b.c",
            },
            {"file": None, "line": None, "column": None, "path": "", "message": "no files", "hint": ""},
        ],
    }


@pytest.mark.parametrize(
    ("value", "written", "read"),
    [
        ("\udcff", r'"\\udcff"', "\\udcff"),
        (
            ["\ud83d", {"k\udc00": "😀"}],
            r'["\\ud83d", {"k\\udc00": "\ud83d\ude00"}]',
            ["\\ud83d", {"k\\udc00": "😀"}],
        ),
        (float("nan"), '"nan"', "nan"),
        ([1.5, float("-inf")], '[1.5, "-inf"]', [1.5, "-inf"]),
        ("\x7f", r'"\u007f"', "\x7f"),
        ("###[group]", r'"#\u0023#[group]"', "###[group]"),
        ("Zoë 😀", r'"Zo\u00eb \ud83d\ude00"', "Zoë 😀"),
    ],
    ids=ascii,
)
def test_strict_parsers_read_every_value_and_no_reader_obeys_it(value: Value, written: str, read: Value) -> None:
    change = Change(action=Action.CREATE, address=user("x"), reason="", fields=(field("f", None, value, Reason.NEW),))
    text = "".join(json_object.plan(view(change), colour=False))
    assert f'"after": {written},' in text
    assert json.loads(text)["changes"][0]["fields"][0]["after"] == read
