"""Plans to report, small enough to read."""

from __future__ import annotations

from dataclasses import replace

from provision.core.address import Address
from provision.core.guards import Refusal
from provision.core.plan import Action, Change, FieldChange, Plan, Reason, Retirement
from provision.core.value import Value
from provision.errors import Position, Problem
from provision.report.view import PlanView, Stage


def user(name: str) -> Address:
    return Address("User", (name,))


def at(line: int) -> Position:
    return Position(file="manifests/people.yaml", line=line)


def field(name: str, before: Value, after: Value, reason: Reason = Reason.MANIFEST) -> FieldChange:
    return FieldChange(name=name, before=before, after=after, reason=reason)


def secret(name: str, reason: Reason) -> FieldChange:
    return FieldChange(name=name, before=None, after=None, reason=reason, sensitive=True)


CREATE = Change(
    action=Action.CREATE,
    address=user("alice"),
    reason="declared, and not in the database",
    fields=(field("email", None, "alice@example.com", Reason.NEW), secret("password", Reason.NEW)),
    position=at(3),
)
UPDATE = Change(
    action=Action.UPDATE,
    address=user("bob"),
    reason="differs from the manifest",
    fields=(field("nickname", "Bob", "Robert", Reason.DRIFT), secret("password", Reason.SECRET_VERSION)),
    metadata=(field("lifecycle.on_remove", "disable", "delete", Reason.LIFECYCLE),),
    released=("phone",),
    position=at(9),
)
RENAME = Change(
    action=Action.RENAME,
    address=user("carol"),
    reason="previously User/caro",
    previous=user("caro"),
    position=at(15),
)
ROTATE = Change(
    action=Action.ROTATE,
    address=Address("ApiKey", ("deploy-bot", "ci")),
    reason=Reason.ROTATION_DUE,
    fields=(
        replace(secret("key", Reason.ROTATION_DUE), deliver_to=("file ../secrets/ci.env ACME_TOKEN",)),
        replace(field("expires_at", None, "2027-06-08T00:00:00Z", Reason.LIFETIME), seconds=100 * 86_400.0),
    ),
    position=at(24),
    generation=3,
    retires=(Retirement(primary_key=(1,), generation=1, fields=(), reason="its overlap is over"),),
    retiring={2: "2027-03-08T00:00:00Z"},
)
ADOPT = Change(
    action=Action.ADOPT, address=user("dave"), reason="exists already, and is managed from now on", position=at(21)
)
DISABLE = Change(
    action=Action.DISABLE,
    address=Address("ApiKey", ("deploy-bot", "ci")),
    reason="no longer in the manifests",
    fields=(field("is_active", True, False, Reason.REMOVAL), field("revoked_at", None, "now", Reason.REMOVAL)),
    recorded_source="manifests/old.yaml:4",
)
DELETE = Change(action=Action.DELETE, address=user("erin"), reason="declared absent", position=at(27))
ABANDON = Change(action=Action.ABANDON, address=user("frank"), reason="no longer in the manifests")

REFUSAL = Refusal(guard="removals", message="3 of 10 would be removed", hint="--max-removals 3")
PROBLEM = Problem(message="not an e-mail address", position=at(12), path="spec.email", hint="write a@b.c")


def view(
    *changes: Change,
    pending: tuple[Change, ...] = (),
    stage: Stage = Stage.PLANNED,
    refusals: tuple[Refusal, ...] = (),
    warnings: tuple[str, ...] = (),
) -> PlanView:
    return PlanView(
        plan=Plan(changes=changes, pending=pending, unchanged=7, foreign={user("dave"): "other"}),
        project="acme",
        target="sqlite:///acme.db",
        stage=stage,
        refusals=refusals,
        warnings=warnings,
    )
