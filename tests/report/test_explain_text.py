"""What `explain` shows is data that anybody may have written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.core.account import Account, FieldAccount, Mark, Standing
from provision.core.address import Address
from provision.core.plan import Action
from provision.errors import Position
from provision.report.explain_json import as_json
from provision.report.explain_text import as_text
from provision.report.explain_words import Explanation, state_of

EVIL = "::error::\x1b[31m\n##[error]\u202e"
MARK = Mark(run=EVIL, at=EVIL, actor=EVIL, action=Action.UPDATE, commit=EVIL, source=EVIL)
ACCOUNT = Account(
    address=Address("User", ("alice",)),
    exists=True,
    remembered=True,
    declared_at=Position(file="a.yaml", line=3),
    last=MARK,
)


def test_nothing_steers_a_terminal_or_a_log() -> None:
    item = FieldAccount(name=EVIL, standing=Standing.DRIFTED, found=EVIL, applied=EVIL, set_by=MARK, set_at=EVIL)
    hostile = replace(
        ACCOUNT,
        address=Address(EVIL, (EVIL,)),
        owner=EVIL,
        source=EVIL,
        labels={EVIL: EVIL},
        expires=EVIL,
        fields=(item, replace(item, standing=Standing.ELSEWHERE)),
    )
    view = Explanation(project=EVIL, target=EVIL, accounts=(hostile,))
    for lines in (list(as_text(view)), "".join(as_json(view)).split("\n")):
        for line in lines:
            assert line.isprintable()
            assert not line.lstrip().startswith("::")
            assert "##[" not in line


def test_drift_of_which_no_run_is_known_has_no_date() -> None:
    item = FieldAccount(name="email", standing=Standing.DRIFTED, found="b", applied="a")
    lines = "\n".join(
        as_text(Explanation(project="p", target="t", accounts=(replace(ACCOUNT, last=None, fields=(item,)),)))
    )
    assert 'drifts: applied "a", found "b"; changed nobody knows when' in lines


@pytest.mark.parametrize(
    ("account", "said"),
    [
        (ACCOUNT, "declared in a.yaml:3, and managed"),
        (replace(ACCOUNT, exists=False), "declared in a.yaml:3, and its row is gone: it is made again by apply"),
        (
            replace(ACCOUNT, remembered=False),
            "declared in a.yaml:3, and not applied yet: its row is there, and will be adopted",
        ),
        (
            replace(ACCOUNT, remembered=False, exists=False),
            "declared in a.yaml:3, and not applied yet: there is no such row",
        ),
        (
            replace(ACCOUNT, declared_at=None, exists=False, source="b.yaml:1"),
            "not declared any more, last in b.yaml:1, and its row is gone; managed until it is removed with --prune",
        ),
        (replace(ACCOUNT, declared_at=None, remembered=False), "neither declared nor managed: its row is there"),
        (replace(ACCOUNT, owner="crm"), "managed by another project, 'crm', and declared here in a.yaml:3"),
    ],
)
def test_the_state_of_a_resource_is_one_sentence(account: Account, said: str) -> None:
    assert state_of(account) == said
