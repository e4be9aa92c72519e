"""What an expression means here: CEL, in which nothing that fails passes for true, and no value is told."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from provision.policy.expression import Flaw, UnevaluableError, compiled
from tests.policy.writing import expression, scene

SPEC = {
    "text": "äbc",
    "number": 1,
    "decimal": 1.5,
    "nothing": None,
    "names": ["ops", "dev"],
    "at": "2027-01-01T00:00:00Z",
    "private": "hunter2",
}
RESOURCE = {"spec": SPEC, "labels": {"owner": "amy", "a.b": "x"}}
NOW = datetime(2026, 11, 25, tzinfo=UTC)


def holds(text: str) -> bool:
    return expression(text).holds(scene(resource=RESOURCE, now=NOW))


def why_not(text: str) -> str:
    with pytest.raises(UnevaluableError) as caught:
        holds(text)
    assert "hunter2" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        'resource.spec.text.startsWith("ä") && resource.spec.text.endsWith("c") && resource.spec.text.contains("b")',
        'resource.spec.text.matches("^[a-zä]{3}$") && !resource.spec.text.matches("^b")',
        "size(resource.spec.names) == 2 && size(resource.labels) == 2",
        "has(resource.labels.owner) && !has(resource.labels.team) && !has(resource.spec.zzz)",
        'resource.labels["a.b"] == "x" && "owner" in resource.labels && "ops" in resource.spec.names',
        'resource.spec.names.all(name, name != "root") && resource.spec.names.exists(name, name == "ops")',
        'resource.spec.names.filter(name, name == "ops") == ["ops"] && [1].map(x, x + 1) == [2]',
        'resource.spec.names.exists_one(name, name == "dev")',
        'timestamp(resource.spec.at) - now == duration("888h") && timestamp(resource.spec.at) > now',
        'now + duration("24h") == timestamp("2026-11-26T00:00:00Z") && now.getFullYear() == 2026',
        "resource.spec.number == 1 && resource.spec.decimal > 1 && 7 / 2 == 3 && 7.0 / 2.0 == 3.5",
        "resource.spec.nothing == null && (true || resource.spec.zzz) && !(false && resource.spec.zzz)",
    ],
)
def test_what_rules_are_made_of_means_what_the_specification_says(text: str) -> None:
    assert holds(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("resource.spec.zzz", "no such field: zzz; ask with has() whether it is there"),
        ("has(resource.zzz.owner)", "no such field: zzz; ask with has() whether it is there"),
        ("resource.labels[resource.spec.private] == ''", "no such field; ask with has() whether it is there"),
        ("resource.spec.number > 'x'", "it compares or joins values of types that do not go together, or null"),
        ("resource.spec.nothing > 1", "it compares or joins values of types that do not go together, or null"),
        ("resource.spec.private + 1 == ''", "it compares or joins values of types that do not go together, or null"),
        ("timestamp(resource.spec.nothing) > now", "a function does not take such a value"),
        ("timestamp(resource.spec.private) > now", "a function does not take such a value"),
        ('"a".matches(resource.spec.private + "(")', "a function does not take such a value"),
        ("int(resource.spec.private) == 1", "a function does not take such a value"),
        ("size(resource.spec.number) == 1", "a function does not take such a value"),
        ("resource.spec.nothing.endsWith('x')", "a function does not take such a value"),
        ("1 / 0 == 1", "it divides by zero"),
        ("9223372036854775807 + resource.spec.number > 0", "a number or a moment is out of range"),
        ("[1][5] == 1", "a list is shorter than that"),
        ("resource.spec.private", "it gives text, not true or false"),
        ("resource.spec.number", "it gives a number, not true or false"),
        ("resource.spec", "it gives a map, not true or false"),
        ("resource.spec.names", "it gives a list, not true or false"),
        ("resource.spec.nothing", "it gives null, not true or false"),
        ("now", "it gives a timestamp, not true or false"),
        ("now - now", "it gives a duration, not true or false"),
        ("type(1)", "it gives text, not true or false"),
    ],
)
def test_what_is_neither_true_nor_false_says_why_and_never_with_which_value(text: str, why: str) -> None:
    assert why_not(text) == why


def test_size_counts_the_bytes_of_a_text_which_the_guide_says() -> None:
    """The specification counts code points; where this fails, the library is corrected; correct the guide."""
    assert holds('size(resource.spec.text) == 4 && size("abc") == 3')


def test_what_fails_writes_nothing_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    why_not("size(resource.spec.number) == 1")
    why_not('"a".matches(resource.spec.private + "(")')
    assert capfd.readouterr() == ("", "")


def test_a_value_without_a_type_in_cel_is_told_as_such() -> None:
    with pytest.raises(UnevaluableError, match="CEL has no type for"):
        scene(resource={"spec": {"name": "\ud800"}})


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ("1 +", 1, 4),
        ("resource.spec.a = 1", 1, 17),
        ("true &&\n  )", 2, 3),
        ("'abc", 1, 1),
        ("", 1, 1),
        ("a b", 1, 3),
    ],
)
def test_an_error_of_syntax_has_its_place(text: str, line: int, column: int) -> None:
    flaw = compiled(text)
    assert isinstance(flaw, Flaw)
    assert flaw.message.startswith("not an expression of CEL: ")
    assert (flaw.line, flaw.column) == (line, column)


@pytest.mark.parametrize("text", ["(" * 490 + "1" + ")" * 490, "[" * 490 + "]" * 490, "true?1:" * 140 + "1"])
def test_what_is_nested_too_deeply_is_an_error_and_no_crash(text: str) -> None:
    assert isinstance(compiled(text), Flaw)


@pytest.mark.parametrize("text", ["!" * 998 + "true", "-" * 990 + "1 == 1", "&&".join(["true"] * 166)])
def test_what_is_long_and_flat_is_evaluated(text: str) -> None:
    assert holds(text)


# By these a backtracking matcher takes longer than the universe has been there.
@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "^(a|a)*$", "^(a|aa)+$", "(.*a){20}b", "^(([a-z])+.)+[A-Z]([a-z])+$", "(?:a?){50}a{50}b"]
)
def test_an_evil_pattern_takes_no_time(pattern: str) -> None:
    began = time.monotonic()
    assert not expression(f'resource.text.matches("{pattern}")').holds(scene(resource={"text": "a" * 5000 + "!"}))
    assert time.monotonic() - began < 2


def test_a_pattern_that_would_fill_the_memory_is_refused() -> None:
    with pytest.raises(UnevaluableError, match="does not take such a value"):
        holds(r'"a".matches("(((a{1,100}){1,100}){1,100}){1,100}")')
