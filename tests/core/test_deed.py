"""What a run did, read back from the ledger's texts."""

from __future__ import annotations

from provision.core.deed import Deed, read_deed
from provision.core.plan import Action
from provision.core.value import Value
from tests.core.states import at

ITEMS: list[Value] = [
    {"name": "email", "before": "a", "after": None},
    {"name": "labels", "before": "of the row", "after": "of the row as well"},
    {"name": "labels", "before": {}, "after": {"team": "red"}},
    {"name": "password", "sensitive": True, "after": "sha256:00"},
    {"name": "note", "after": "made"},
    {"name": "of a later program"},
    {"retired": 2, "reason": "removed"},
    {"retired": 3, "reason": "removed"},
    {"previous": "User/al"},
    {"sensitive": True},
    "of a later program",
]


def test_a_deed_is_read_from_the_ledger_and_what_is_not_known_is_passed_over() -> None:
    deed = read_deed("User/alice", "rename", "a.yaml:7", ITEMS)
    assert deed == Deed(
        action=Action.RENAME,
        address=at("User/alice"),
        source="a.yaml:7",
        fields={"email": ("a", None), "labels": ("of the row", "of the row as well"), "note": (None, "made")},
        secrets=("password",),
        retired=(2, 3),
        previous=at("User/al"),
    )


def test_of_a_secret_a_deed_has_the_name_alone() -> None:
    assert "sha256:00" not in repr(read_deed("User/alice", "update", "", ITEMS))
