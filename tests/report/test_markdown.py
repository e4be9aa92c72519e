"""The comment on a pull request."""

from __future__ import annotations

from provision.core.plan import Action, Change
from provision.report import markdown
from tests.report.examples import CREATE, DELETE, DISABLE, PROBLEM, REFUSAL, UPDATE, user, view

COMMENT = """\
### Plan: 1 to add, 1 to change, 1 to remove.

1 resource awaits removal; run with --prune.

```text
Project acme on sqlite:///acme.db
Apply would be refused: 3 of 10 would be removed. Hint: --max-removals 3
```

<details><summary>3 changes</summary>

```diff
+ User/alice  (manifests/people.yaml:3)   # declared, and not in the database
+     email    = "alice@example.com"
+     password = (sensitive)
! User/bob  (manifests/people.yaml:9)   # differs from the manifest
!     nickname = "Bob" -> "Robert"   # changed in the database
!     password = (sensitive)   # its version was raised
      lifecycle.on_remove: "disable" -> "delete"
      released: phone (left as it is, no longer managed)
- User/erin will be deleted  (manifests/people.yaml:27)   # declared absent
```

</details>

<details><summary>Not in the manifests any more; removed only with --prune:</summary>

```diff
- ApiKey/deploy-bot/ci would be disabled  (manifests/old.yaml:4)   # no longer in the manifests
-     is_active  = true -> false
-     revoked_at = null -> (now)
```

</details>"""


def test_the_closing_line_is_the_heading_and_the_changes_are_folded() -> None:
    shown = view(CREATE, UPDATE, DELETE, pending=(DISABLE,), refusals=(REFUSAL,))
    assert "\n".join(markdown.plan(shown, colour=True)) == COMMENT


def test_no_changes_leave_nothing_to_unfold() -> None:
    lines = list(markdown.plan(view(), colour=False))
    assert lines[0] == "### No changes. The database matches the manifests."
    assert not any("<details>" in line for line in lines)


def test_a_fence_is_longer_than_every_run_of_backticks_inside() -> None:
    change = Change(action=Action.DELETE, address=user("a````b"), reason="``")
    assert list(markdown.plan(view(change), colour=False))[-5:] == [
        "`````diff",
        "- User/a````b will be deleted   # ``",
        "`````",
        "",
        "</details>",
    ]


def test_problems_are_counted_in_the_heading() -> None:
    assert list(markdown.problems((PROBLEM,), colour=False)) == [
        "### 1 problem found.",
        "",
        "```text",
        "manifests/people.yaml:12:1: spec.email: not an e-mail address. Hint: write a@b.c",
        "```",
    ]
