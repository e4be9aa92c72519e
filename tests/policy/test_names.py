"""What can be told of a rule before it meets a value is told, with its place."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.policy.names import flaws
from provision.policy.rule import Over
from provision.policy.tokens import bound_names, chains, nesting, tokens_of
from tests.policy.writing import expression


def told(text: str, over: Over = Over.RESOURCE) -> list[str]:
    return [f"{flaw.line}:{flaw.column}: {flaw.message}" for flaw in flaws(expression(text), over)]


@pytest.mark.parametrize(
    "text",
    [
        "resource.spec.anything.at.all == 1 && resource.labels.owner == resource.kind",
        "resource.spec.names.all(x, x.y == 1) && now > timestamp(resource.spec.at)",
        "resource.secrets.exists(name, resource.secrets[name].generated)",
        "type(resource.spec.a) == int && [1, 2].map(x, x > 1, x * 2) == [4] // zzz.yyy(1)",
        "'zzz.foo(1)' != \"\"\"zzz ' \" (\"\"\" && r'\\' != b'zzz' && 'it\\'s zzz' == '' && {'a': 1}.a == 1",
        "[[1]].all(x, x.all(y, y > 0)) && [1].all(x, x > 0) && [1].all(x, x > 0)",
        'r"""a" zzz.foo(1) \\""" == "" && R\'\'\'it\'s zzz\'\'\' == ""',
        "1.5e3 > .5 && 0xFFu == 255u",
    ],
)
def test_a_rule_that_may_be_right_has_no_flaw(text: str) -> None:
    assert told(text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("zzz", ["1:1: unknown variable zzz"]),
        ("true &&\n  zzz.foo == 1", ["2:3: unknown variable zzz"]),
        ("resource.label == {}", ["1:1: unknown field resource.label"]),
        ("resource.matches('a')", []),
        ("foo(1)", ["1:1: unknown function foo"]),
        ("resource.spec.a.lowerAscii() == ''", ["1:17: unknown function lowerAscii"]),
        ("[1].any(x, x == 1)", ["1:9: unknown variable x", "1:12: unknown variable x", "1:5: unknown function any"]),
        ("[1].all(now, true)", ["1:9: now is a variable already"]),
        ("[1].all(resource, has(resource.spec))", ["1:9: resource is a variable already"]),
        ('now > timestamp("tomorrow")', ["1:17: not a timestamp"]),
        ('now - now > duration("90d")', ["1:22: not a duration"]),
        ('resource.name.matches("[")', ["1:23: not a regular expression"]),
        ('resource.name.matches(r"(?=a)")', ["1:23: not a regular expression"]),
        ("change.action == 'create'", ["1:1: unknown variable change"]),
        (
            "[1].all(a, [1].map(b, [1].exists(c, true)) == [])",
            ["1:1: more than 2 of all, exists, existsOne, exists_one, filter, map within each other"],
        ),
    ],
)
def test_what_is_wrong_for_every_resource_is_found_before_any(text: str, found: list[str]) -> None:
    assert told(text) == found


def test_a_rule_over_changes_knows_the_change() -> None:
    assert told("change.action == 'create' && change.fields.a.sensitive", Over.CHANGE) == []
    assert told("change.actions == 1", Over.CHANGE) == ["1:1: unknown field change.actions"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("resource.label == 1", "did you mean labels?"),
        ("resourc.kind == ''", "did you mean resource?"),
        ("resource.name.startswith('a')", "did you mean startsWith?"),
        ('duration("90d") > duration("1h")', 'hours are the largest unit: 90 days are duration("2160h")'),
    ],
)
def test_a_flaw_says_what_to_do(text: str, hint: str) -> None:
    assert [flaw.hint for flaw in flaws(expression(text), Over.RESOURCE)] == [hint]


NAMES = st.sampled_from(["resource", "now", "a", "b1", "_c", "int", "size"])
ATOMS = st.one_of(
    st.sampled_from(["1", "1.5", "true", "null", "'a.b'", '"x(y"', "r'\\\\'", "'''q'q'''", "0x1F", "b'z'", "'\\''"]),
    NAMES,
    st.builds("{}.{}".format, NAMES, NAMES),
    st.builds("{}.{}.{}".format, NAMES, NAMES, NAMES),
)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} == {})".format, inner, inner),
        st.builds("[{}, {}]".format, inner, inner),
        st.builds("{{'k': {}}}".format, inner),
        st.builds("{}.startsWith({})".format, inner, inner),
        st.builds("size({}) // a comment: zzz\n".format, inner),
        st.builds("[{}].all(item, {})".format, inner, inner),
        st.builds("has({}.{}.field)".format, NAMES, NAMES),
        st.builds("({} ? {} : {})".format, inner, inner, inner),
        st.builds("[{}][{}]".format, inner, inner),
        st.builds("({} in [{}])".format, inner, inner),
    )


@given(st.recursive(ATOMS, _larger, max_leaves=8))
def test_the_names_that_we_see_are_those_that_the_library_sees(text: str) -> None:
    tokens = tokens_of(text)
    bound = {token.text for token in bound_names(tokens)}
    assert {chain.names[0] for chain in chains(tokens)} - bound == set(expression(text).program.variables()) - bound


def test_comprehensions_beside_each_other_are_not_within_each_other() -> None:
    assert nesting(tokens_of("a.all(x, x) && a.map(x, x) == [] && (a.exists (x, [x].filter(y, '.all(' == y)))")) == 2
    assert nesting(tokens_of("size([1]) == 1 && map(1) && '.all(' == ''")) == 0
