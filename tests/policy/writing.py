"""Short ways to write policies down, and to judge the small kinds of the core's tests by them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from provision.core.planner import Question, make_plan
from provision.core.state import Resource
from provision.policy.expression import Expression, Flaw, Scene, compiled
from provision.policy.judge import Judgement, judge
from provision.policy.load import load
from provision.policy.rule import Policies
from tests.core.states import SHAPES, Known, ask

NOW = "2026-11-25T00:00:00Z"


def rule(require: str, name: str = "rule", **keys: Any) -> dict[str, Any]:
    """One rule as it is written."""
    return {"name": name, "require": require, "message": "so it has to be", **keys}


def policy_text(*rules: dict[str, Any], name: str = "people", **keys: Any) -> str:
    """A policy file with these rules."""
    document = {"apiVersion": "provision/v1", "kind": "Policy", "metadata": {"name": name}, **keys}
    return yaml.safe_dump(document | ({"rules": list(rules)} if rules else {}), sort_keys=False)


def policies(*rules: dict[str, Any]) -> Policies:
    """The same, loaded from a file for the kinds of the core's tests."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "people.yaml"
        file.write_text(policy_text(*rules), encoding="utf-8")
        return load([file], relative_to=Path(folder), kinds=SHAPES)


def question(resources: Iterable[Resource], *known: Known, prune: bool = False) -> Question:
    """What is declared and known, at NOW."""
    asked = ask(resources, *known, prune=prune)
    return replace(asked, snapshot=replace(asked.snapshot, now=NOW))


def judged(rules: Policies, asked: Question, **options: Any) -> Judgement:
    """The plan for this question, judged."""
    return judge(rules, make_plan(asked), asked, **options)


def broken(asked: Question, *rules: dict[str, Any]) -> list[str]:
    """Rule and address of each refusal."""
    return [f"{no.rule} {no.address}" for no in judged(policies(*rules), asked).refusals]


def expression(text: str) -> Expression:
    """A compiled expression, which has to be one."""
    made = compiled(text)
    assert not isinstance(made, Flaw), made
    return made


def scene(**variables: object) -> Scene:
    """These variables."""
    made = Scene()
    for name, value in variables.items():
        made.show(name, value)
    return made
