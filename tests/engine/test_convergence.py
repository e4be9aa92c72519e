"""Whatever two states of the manifests are applied one after the other, the plan that follows is empty."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from hashlib import sha256

from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from provision.core.ceiling import Ceiling
from provision.core.guards import Limits
from provision.errors import DatabaseError, InvalidInputError
from tests.engine.runs import actions, apply, content, plan
from tests.project import Project, api_key, user

NAMES = ["ann", "bob", "cy", "dee"]
ADDRESSES = ["null", "a@example.com", "b@example.com", "c@example.com"]
ANYTHING = Limits(max_removals=Ceiling(count=10**6), allow_no_superuser=True)
# Only the database knows who holds the hash of a key.
KEY_IS_TAKEN = re.compile("ApiKey/[^ ]+: a value that must be unique is taken by another row: .*key_hash")
SETTINGS = settings(
    max_examples=30,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """One user of a state, with keys written inside or beside it."""

    name: str
    spec: tuple[str, ...] = ()
    keys: tuple[tuple[str, str], ...] = ()
    inline: bool = True
    lifecycle: str = "on_remove: disable"
    previously: tuple[str, ...] = ()

    def __str__(self) -> str:
        metadata = [f"lifecycle: {{{self.lifecycle}}}"]
        specs = [(name, f"key: {{hash: '{value}'}}") for name, value in self.keys]
        if not self.inline:
            owner = user(self.name, *self.spec, metadata=[*metadata, f"previously: [{', '.join(self.previously)}]"])
            return owner + "".join(api_key(self.name, name, key, metadata=metadata) for name, key in specs)
        keys = ", ".join(f"{{name: {name}, {key}}}" for name, key in specs)
        names = f"previously: [{', '.join(self.previously)}]"
        return user(self.name, *self.spec, f"api_keys: [{keys}]", metadata=[*metadata, names])


State = tuple[Declared, ...]


@st.composite
def states(draw: st.DrawFn) -> State:
    """A valid state: no address twice, no key value twice, and a user with keys goes in the way that they go."""
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1))
    free = draw(st.permutations(ADDRESSES))
    values = [sha256(f"key {number}".encode()).hexdigest() for number in range(6)]
    values = draw(st.permutations(values))
    users = []
    for name in names:
        spec = [f"is_staff: {draw(st.sampled_from(['true', 'false']))}"]
        if draw(st.booleans()):
            spec.append(f"email: {free.pop()}")
        if draw(st.booleans()):
            spec.append(f"status: {draw(st.sampled_from(['active', 'disabled']))}")
        named: list[str] = draw(st.lists(st.sampled_from(["k1", "k2"]), unique=True))
        keys = [(key, values.pop()) for key in named if values]
        ways = ["on_remove: disable", "on_remove: delete", "on_remove: delete", "state: absent, on_remove: delete"]
        ways += [] if keys else ["state: created", "on_remove: abandon"]
        users.append(
            Declared(
                name=name,
                spec=tuple(spec),
                keys=tuple(keys),
                inline=draw(st.booleans()),
                lifecycle=draw(st.sampled_from(ways)),
            )
        )
    gone = [name for name in NAMES if name not in names]
    if draw(st.booleans()) and gone:
        users[0] = replace(users[0], previously=(draw(st.sampled_from(gone)),))
    return tuple(users)


DRIFT = [
    "UPDATE sys_user SET nickname = 'drifted'",
    "UPDATE sys_user SET is_superuser = true, status = 0 WHERE username <= 'bob'",
    "UPDATE sys_user SET email = NULL WHERE email IS NOT NULL",
    "UPDATE sys_api_key SET is_active = false",
    "UPDATE sys_api_key SET key_hash = 'changed ' || id",
    "DELETE FROM sys_api_key WHERE name = 'k1'",
    "DELETE FROM provision_resource WHERE address LIKE 'ApiKey/%'",
    "DELETE FROM provision_resource",
    "UPDATE sys_user SET username = 'other ' || username WHERE username = 'cy'",
]
drifts = st.lists(st.sampled_from(DRIFT), max_size=2, unique=True)


TABLES = ["provision_change", "provision_resource", "provision_run", "sys_api_key", "sys_user"]


def empty(project: Project) -> None:
    """As it was before the last example, the ledger's empty tables apart."""
    for table in TABLES if "provision_run" in content(project) else TABLES[3:]:
        project.sql(f"DELETE FROM {table}")


def declare(project: Project, state: State) -> None:
    project.write("".join(map(str, state)))


def applied(project: Project, *, prune: bool) -> bool:
    """Apply, and check what must hold after it: all done, or refused with nothing written."""
    before = content(project)
    try:
        apply(project, prune=prune, limits=ANYTHING)
    except InvalidInputError as error:
        assert content(project) == before
        for problem in error.problems:
            assert problem.position is not None, str(problem)
            assert problem.hint, str(problem)
        return False
    except DatabaseError as error:
        if KEY_IS_TAKEN.match(error.message) is None:
            raise
        assert content(project) == before
        return False
    after = plan(project, prune=prune, limits=ANYTHING)
    assert actions(after) == []
    assert after.refusals == ()
    if prune:
        assert after.plan.pending == ()
    return True


@SETTINGS
@given(first=states(), second=states(), prune=st.booleans())
def test_after_any_two_applies_the_plan_is_empty(project: Project, first: State, second: State, prune: bool) -> None:
    empty(project)
    declare(project, first)
    assert applied(project, prune=prune)
    declare(project, second)
    event(f"converged: {applied(project, prune=prune)}")


@SETTINGS
@given(first=states(), second=states(), drift=drifts)
def test_after_any_drift_and_an_apply_the_plan_is_empty(
    project: Project, first: State, second: State, drift: list[str]
) -> None:
    empty(project)
    declare(project, first)
    assert applied(project, prune=True)
    for statement in drift:
        project.sql(statement)
    declare(project, second)
    event(f"converged: {applied(project, prune=True)}")
