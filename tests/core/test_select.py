"""Which resources a run is about."""

from __future__ import annotations

import pytest

from provision.core.select import Selection, in_scope, removable
from provision.errors import InvalidInputError
from tests.core.states import SHAPES, at, declared, recorded

RESOURCES = {
    item.address: item
    for item in (
        declared("Team/red"),
        declared("User/alice", team="red", labels={"tier": "gold", "site": "x"}),
        declared("User/bob", labels={"tier": "gold"}),
        declared("Key/alice/ci"),
        declared("Key/bob/ci"),
    )
}
RECORDS = {
    at(text): recorded(declared(text, labels={"tier": "old"})) for text in ("User/alice", "User/gone", "Key/gone/ci")
}


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), ["Team/red", "User/alice", "User/bob", "Key/alice/ci", "Key/bob/ci"]),
        (Selection(targets=("User/bob",)), ["User/bob"]),
        (Selection(targets=("Key/alice/*",)), ["Team/red", "User/alice", "Key/alice/ci"]),
        (Selection(targets=("Team/*", "User/b*")), ["Team/red", "User/bob"]),
        (Selection(excludes=("User/alice",)), ["Team/red", "User/bob", "Key/bob/ci"]),
        (Selection(excludes=("Team/red",)), ["User/bob", "Key/bob/ci"]),
        (Selection(targets=("Key/*",), excludes=("Key/bob/*",)), ["Team/red", "User/alice", "Key/alice/ci"]),
        (Selection(labels={"tier": "gold"}), ["Team/red", "User/alice", "User/bob"]),
        (Selection(labels={"tier": "gold", "site": "x"}), ["Team/red", "User/alice"]),
        (Selection(labels={"tier": "lead"}), []),
    ],
)
def test_what_is_selected_comes_with_what_it_refers_to_and_not_without_it(
    selection: Selection, expected: list[str]
) -> None:
    assert list(map(str, in_scope(RESOURCES, SHAPES, selection))) == expected


@pytest.mark.parametrize(
    ("selection", "expected"),
    [
        (Selection(), {"User/gone", "Key/gone/ci"}),
        (Selection(targets=("User/*",)), {"User/gone"}),
        (Selection(excludes=("Key/*",)), {"User/gone"}),
        (Selection(labels={"tier": "old"}), {"User/gone", "Key/gone/ci"}),
        (Selection(labels={"tier": "gold"}), set()),
    ],
)
def test_only_what_nobody_declares_and_is_selected_may_be_removed(selection: Selection, expected: set[str]) -> None:
    assert set(map(str, removable(RESOURCES, RECORDS, selection))) == expected


LIKE = "an address looks like User/alice or ApiKey/bot/*"


@pytest.mark.parametrize(
    ("selection", "said", "hint"),
    [
        (Selection(targets=("User/alicd",)), "no resource matches User/alicd", LIKE),
        (Selection(excludes=("Users/*",)), "no resource matches Users/*", LIKE),
        (
            Selection(labels={"tier": "lead"}),
            "no resource has the label tier=lead",
            "see metadata.labels in the manifests",
        ),
    ],
)
def test_a_misspelt_selection_is_not_an_empty_plan(selection: Selection, said: str, hint: str) -> None:
    with pytest.raises(InvalidInputError) as refused:
        removable(RESOURCES, RECORDS, selection)
    assert [(problem.message, problem.hint) for problem in refused.value.problems] == [(said, hint)]
