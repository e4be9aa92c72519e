"""A small apply that does one of each: create, update, rename, disable, delete, and rotate a key into a file."""

from __future__ import annotations

import re
from dataclasses import astuple

from tests.faults.keys import make_due
from tests.faults.states import read_state
from tests.faults.strike import run_struck
from tests.project import Project, api_key, user

APPLY = ("apply", "--prune", "--max-removals", "100%")
SUMMARY = "Apply complete: 1 added, 3 changed, 2 removed."
KEY_FILE = "../out/ci.key"
# What each run makes anew: a key's hash, and what the ledger notes of the key and of how far its delivery has come.
_ANEW = re.compile(r"\b[0-9a-f]{64}\b|'\{\"key\":.*?\}'")


def prepare(project: Project, *, delivers: bool = True) -> None:
    """Apply what was first, and declare what is to be: `APPLY` then does one of each, without the key if asked."""
    deliver = f"deliver_to: [{{file: {{path: {KEY_FILE}}}}}]"
    key = api_key("bot", "ci", "key: {generate: {prefix: acme}}", deliver, "rotate: {every: 90d, overlap: 7d}")
    key = key if delivers else ""
    project.write(
        user("alice", "email: a@example.com")
        + user("old", "email: old@example.com")
        + user("leaver")
        + user("gone", metadata=("lifecycle: {on_remove: delete}",))
        + user("bot")
        + key
    )
    outcome, _ = run_struck(project, "apply")
    assert outcome.code == 0, outcome.stderr
    if delivers:
        make_due(project)
    project.write(
        user("alice", "email: b@example.com")
        + user("renamed", "email: old@example.com", metadata=("previously: [old]",))
        + user("new", "is_staff: true")
        + user("bot")
        + key
    )


def read_written(project: Project) -> str:
    """All that matters in the database, but for what each run makes anew."""
    rows = [sorted(_ANEW.sub("(anew)", str(row)) for row in table or ()) for table in astuple(read_state(project))]
    return "\n".join(map(str, rows))
