"""Who is able to log in, now and as a plan would leave it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import pytest

from provision.core.foresee import foresee
from provision.core.guards import Rules
from provision.core.lockout import Lockout, Principals, Sighting, locked_out, row_id
from provision.core.plan import Plan
from provision.core.planner import make_plan
from provision.core.rotation import Forced
from provision.core.state import Resource, Row, SecretRule
from provision.core.value import Value
from tests.core.states import SHAPES, Known, ask, at, declared, found, recorded

NOW = "2026-11-25T06:00:00Z"
EARLIER, LATER = "2026-11-25T05:59:59Z", "2026-11-25T06:00:01Z"
KINDS = {**SHAPES, "Key": replace(SHAPES["Key"], expires="expires_at", generations=True)}
ROOT = found("User/root", is_superuser=True)
BOT = found("User/bot", 2)
KEY = found("Key/bot/ci", 3, expires_at=None)
WRITTEN = {"secret": SecretRule(generated=True, deliver_to=("somewhere",))}


def principals(
    *rows: Row, keys: Iterable[Row] = (), without: Iterable[Row] = (), kept: str = "User/bot"
) -> Principals:
    """These rows with these keys of theirs; all hold secrets but those `without`."""
    owned: dict[str, tuple[Row, ...]] = {}
    for key in keys:
        owner = key.address.key[0]
        owned[owner] = (*owned.get(owner, ()), key)
    holders = {row_id(one) for row in (*rows, *keys) for one in (row, *row.older)} - {row_id(row) for row in without}
    return Principals(
        kept=frozenset([at(kept)]),
        rows={row.address: row for row in rows},
        keys={row_id(row): owned[row.address.key[0]] for row in rows if row.address.key[0] in owned},
        holders=frozenset(holders),
        keyed=frozenset({"User", "Key"}),
    )


def sighting(seen: Principals) -> Sighting:
    """These principals at the moment of the tests."""
    return Sighting(principals=seen, shapes=KINDS, now=NOW)


def obstacle(seen: Principals, address: str = "User/bot") -> str:
    """What keeps this one from logging in."""
    return sighting(seen).obstacle(at(address))


def test_whoever_is_there_enabled_and_has_a_secret_is_able_to_log_in() -> None:
    assert obstacle(principals(BOT)) == ""


def test_whoever_is_not_there_is_not() -> None:
    assert obstacle(principals(ROOT)) == "it is not there"


def test_whoever_is_disabled_is_not_whatever_keys_there_are() -> None:
    disabled = found("User/bot", 2, status="disabled")
    assert obstacle(principals(disabled, keys=[KEY])) == "it is disabled"


def test_a_key_that_works_stands_in_for_a_password() -> None:
    assert obstacle(principals(BOT, without=[BOT])) == "it has no secret, nor a key that works"
    assert obstacle(principals(BOT, without=[BOT], keys=[KEY])) == ""
    assert obstacle(principals(BOT, without=[BOT, KEY], keys=[KEY])) != ""


@pytest.mark.parametrize(
    ("fields", "works"),
    [
        ({"active": False}, False),
        ({"revoked_at": EARLIER}, False),
        ({"expires_at": EARLIER}, False),
        ({"expires_at": NOW}, False),
        ({"expires_at": LATER}, True),
    ],
)
def test_a_key_works_until_it_is_disabled_or_expires(fields: dict[str, Value], *, works: bool) -> None:
    key = found("Key/bot/ci", 3, **{"expires_at": None, **fields})
    assert (obstacle(principals(BOT, without=[BOT], keys=[key])) == "") is works
    itself = obstacle(principals(key, kept="Key/bot/ci"), "Key/bot/ci")
    assert itself in ("", "it has expired", "it is disabled")
    assert (itself == "") is works
    other = found("Key/bot/cd", 4, expires_at=None)
    assert obstacle(principals(BOT, without=[BOT], keys=[key, other])) == ""


def test_a_former_generation_works_as_well() -> None:
    former = found("Key/bot/ci", 4, expires_at=LATER)
    key = replace(KEY, fields={**KEY.fields, "expires_at": EARLIER}, older=(former,))
    assert obstacle(principals(BOT, without=[BOT], keys=[key])) == ""
    assert obstacle(principals(key), "Key/bot/ci") == ""


def test_where_there_are_no_secrets_none_is_needed() -> None:
    seen = replace(principals(BOT, without=[BOT]), keyed=frozenset())
    assert obstacle(seen) == ""


def compared(before: Principals, after: Principals, keep: str = "User/bot", least: int = 1) -> Lockout:
    """The two sightings under the rules of a project."""
    return locked_out(sighting(before), sighting(after), Rules(keep=(at(keep),), min_superusers=least))


def test_whoever_is_kept_and_could_log_in_still_has_to() -> None:
    (refusal,) = compared(principals(BOT), principals()).refusals
    assert refusal.guard == "lockout"
    assert refusal.hint.endswith("or lift the guard lockout for this plan: an override in policies/")
    assert refusal.message == "User/bot would not be able to log in any more: it is not there afterwards"
    assert "keep in [guards]" in refusal.hint
    assert compared(principals(BOT), principals(BOT)) == Lockout()


def test_whoever_could_not_before_is_only_mentioned() -> None:
    result = compared(principals(), principals(BOT, without=[BOT]))
    assert result.refusals == ()
    assert result.warnings == (
        "User/bot, named by keep in [guards], is not able to log in: it has no secret, nor a key that works",
    )
    assert compared(principals(), principals(BOT)) == Lockout()


def test_the_superusers_able_to_log_in_stay_as_many_as_have_to_be() -> None:
    queen = found("User/queen", 9, is_superuser=True)
    both, one = principals(ROOT, queen, BOT), principals(ROOT, queen, BOT, without=[queen])
    assert compared(both, one).refusals == ()
    (refusal,) = compared(both, one, least=2).refusals
    assert refusal.guard == "administrators"
    assert refusal.message == (
        "only 1 superuser able to log in would be left (User: 2 now, 1 afterwards; min_superusers is 2; "
        "User/queen: it has no secret, nor a key that works)"
    )
    assert refusal.hint == "give another one a secret, or allow it: --allow-no-superuser"
    assert compared(one, one, least=2).refusals == ()
    assert (
        compared(one, principals(queen, BOT, without=[queen]))
        .refusals[0]
        .message.startswith(
            "no superuser able to log in would be left (User: 1 now, 0 afterwards; User/root: it is not there"
        )
    )


def test_of_superusers_that_are_lost_three_are_named_each_with_its_reason() -> None:
    queens = [found(f"User/queen{number}", number, is_superuser=True) for number in range(4)]
    gone = "it is not there"
    (refusal,) = compared(principals(*queens, BOT), principals(BOT)).refusals
    assert refusal.message == (
        "no superuser able to log in would be left (User: 4 now, 0 afterwards"
        f"; User/queen0: {gone}; User/queen1: {gone}; User/queen2: {gone})"
    )


def test_a_superuser_under_two_names_counts_once() -> None:
    seen = principals(ROOT, BOT)
    twice = replace(seen, rows={**seen.rows, at("User/Root"): replace(ROOT, address=at("User/Root"))})
    assert compared(twice, seen, least=2).refusals == ()


def test_whoever_loses_power_is_no_superuser_any_more() -> None:
    demoted = found("User/root", is_superuser=False)
    (refusal,) = compared(principals(ROOT, BOT), principals(demoted, BOT)).refusals
    assert refusal.message.endswith("User/root: without power)")


def foreseen(
    resources: list[Resource], seen: Principals, *known: Known, forced: Forced | None = None, address: str = ""
) -> Principals:
    """The principals after the plan for these."""
    question = replace(ask(resources, *known, prune=True), shapes=KINDS)
    question = replace(question, snapshot=replace(question.snapshot, now=NOW))
    if forced:
        question = replace(question, forced={at(address): forced})
    result: Plan = make_plan(question)
    return foresee(seen, result, question.snapshot.rows, KINDS)


@pytest.mark.parametrize(("on_remove", "why"), [("disable", "it is disabled"), ("delete", "it is not there")])
def test_a_removal_is_foreseen(on_remove: str, why: str) -> None:
    bot = recorded(declared("User/bot", on_remove=on_remove), 2)
    assert obstacle(foreseen([], principals(BOT), BOT, bot)) == why


def test_what_is_abandoned_keeps_on_working() -> None:
    bot = recorded(declared("User/bot", on_remove="abandon"), 2)
    assert obstacle(foreseen([], principals(BOT), BOT, bot)) == ""


def test_a_rename_takes_the_name_away() -> None:
    after = foreseen([declared("User/robot", previously=("bot",))], principals(BOT), BOT)
    assert obstacle(after) == "it is not there"
    assert obstacle(after, "User/robot") == ""


@pytest.mark.parametrize("on_remove", ["disable", "delete"])
def test_the_removal_of_the_last_key_is_foreseen(on_remove: str) -> None:
    seen = principals(BOT, keys=[KEY], without=[BOT])
    known = (BOT, KEY, recorded(declared("User/bot"), 2), recorded(declared("Key/bot/ci", on_remove=on_remove), 3))
    after = foreseen([declared("User/bot")], seen, *known)
    assert obstacle(after) == "it has no secret, nor a key that works"
    another = declared("Key/bot/cd", secrets=WRITTEN)
    assert obstacle(foreseen([declared("User/bot"), another], seen, *known)) == ""
    useless = declared("Key/bot/cd", secrets=WRITTEN, active=False)
    assert obstacle(foreseen([declared("User/bot"), useless], seen, *known)) != ""
    without = declared("Key/bot/cd")
    assert obstacle(foreseen([declared("User/bot"), without], seen, *known)) != ""


def test_with_a_key_all_generations_of_it_go() -> None:
    former = found("Key/bot/ci", 4, expires_at=None)
    key = replace(KEY, generation=2, older=(replace(former, generation=1),))
    seen = principals(BOT, keys=[key], without=[BOT])
    known = (BOT, key, recorded(declared("User/bot"), 2), recorded(declared("Key/bot/ci"), 3))
    assert obstacle(seen) == ""
    assert obstacle(foreseen([declared("User/bot")], seen, *known)) == "it has no secret, nor a key that works"


def test_a_rotation_leaves_a_key_that_works() -> None:
    key, rule = replace(KEY, generation=1), declared("Key/bot/ci", secrets=WRITTEN)
    seen = principals(BOT, keys=[key], without=[BOT])
    asked = Forced(revoke_now=True)
    after = foreseen([rule], seen, BOT, key, recorded(rule, 3), forced=asked, address="Key/bot/ci")
    assert obstacle(after) == ""
    ((current,),) = after.keys.values()
    assert [one.fields["active"] for one in (*current.older, current)] == [False, True]


def test_a_new_password_is_foreseen() -> None:
    bot = declared("User/bot", secrets={"password": SecretRule(version="2")})
    last = recorded(declared("User/bot", secrets={"password": SecretRule(version="1")}), 2)
    assert obstacle(foreseen([bot], principals(BOT, without=[BOT]), BOT, last)) == ""


def test_a_new_row_needs_a_secret_too() -> None:
    assert obstacle(foreseen([declared("User/bot")], principals())) == "it has no secret, nor a key that works"
    with_password = declared("User/bot", secrets={"password": SecretRule()})
    assert obstacle(foreseen([with_password], principals())) == ""
    key = declared("Key/bot/ci", secrets=WRITTEN)
    assert obstacle(foreseen([declared("User/bot"), key], principals())) == ""


def test_whoever_gains_power_counts_until_the_database_is_asked() -> None:
    risen = declared("User/bot", is_superuser=True)
    after = foreseen([risen], principals(ROOT), BOT)
    assert set(sighting(after).administrators("User").values()) == {at("User/root"), at("User/bot")}
    renamed = foreseen([declared("User/boss", is_superuser=True, previously=("bot",))], principals(), BOT)
    assert set(sighting(renamed).administrators("User").values()) == {at("User/boss")}


def test_of_ordinary_rows_nothing_is_foreseen() -> None:
    new = [declared("User/a"), declared("User/b", nickname="B")]
    assert foreseen(new, principals(ROOT), found("User/b", 5)).rows == {at("User/root"): ROOT}


def test_whoever_is_made_with_power_counts() -> None:
    queen = declared("User/queen", is_superuser=True, status="active", secrets={"password": SecretRule()})
    after = foreseen([queen], principals(ROOT))
    assert set(sighting(after).administrators("User").values()) == {at("User/root"), at("User/queen")}


def test_whoever_gets_power_and_stays_disabled_is_not_foreseen() -> None:
    row = found("User/b", 5, status="disabled")
    assert foreseen([declared("User/b", is_superuser=True)], principals(ROOT), row).rows == {at("User/root"): ROOT}


def test_a_secret_of_one_new_row_is_none_of_another_one() -> None:
    new = [
        declared("User/bot"),
        declared("User/queen", is_superuser=True, status="active", secrets={"password": SecretRule()}),
    ]
    after = foreseen(new, principals())
    assert obstacle(after, "User/queen") == ""
    assert obstacle(after) == "it has no secret, nor a key that works"


def test_a_rotation_gives_a_secret_to_a_key_that_had_none_and_writes_what_is_declared() -> None:
    key = replace(KEY, generation=1)
    seen = principals(BOT, keys=[key], without=[BOT, key])
    for active, works in ((True, True), (False, False)):
        rule = declared("Key/bot/ci", secrets=WRITTEN, active=active)
        after = foreseen([rule], seen, BOT, key, recorded(rule, 3), forced=Forced(overlap=60.0), address="Key/bot/ci")
        assert (obstacle(after) == "") is works


def test_a_row_that_the_database_spells_otherwise_keeps_its_name() -> None:
    spelled = replace(BOT, address=at("User/Bot"))
    after = foreseen([declared("User/bot", nickname="B")], principals(spelled), BOT)
    assert obstacle(after, "User/Bot") == ""
