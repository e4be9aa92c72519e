"""Whatever the data says, in every format: it stays data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings

from provision.core.address import Address
from provision.core.guards import Refusal
from provision.core.plan import Action, Change, FieldChange, Plan, Reason
from provision.errors import Position, Problem
from provision.report import html_page, json_object, markdown, text
from provision.report.escape import printable
from provision.report.view import REPORTERS, PlanView, Reporter, Stage, reporter
from tests.report.test_escape import ANY_TEXT

CANARY = "canary-5f1c"

# The type checker proves here that each module is a reporter.
MODULES: dict[str, Reporter] = {
    "text": text,
    "json": json_object,
    "markdown": markdown,
    "html": html_page,
}

ATTACKS = {
    "escape sequence": "\x1b[2J\x1b[1;1H",
    "link on a terminal": "\x1b]8;;https://evil.example\x1b\\click\x1b]8;;\x1b\\",
    "C1 sequence": "\x9b31m",
    "line break": "x\nNo changes. The database matches the manifests.",
    "carriage return": "x\rPlan: 0 to add",
    "line separator": "x\u2028y\u2029z\x85",
    "bidi": "admin\u202enimda",
    "unseen": "adm\u200bin\U000e0041",
    "log command": "::error file=x::y",
    "half a log command": ":",
    "log command on a new line": "x\n::stop-commands::t",
    "log command anywhere": "##[error]x ###[group]y ##vso[task.complete]",
    "closing fence": "```\n</details>\n# gone",
    "long fence": "`" * 50,
    "fence of tildes": "~~~\n# gone",
    "table": "a | b |\n|---|---|",
    "image and link": "![x](https://evil.example/?q) [y](javascript:alert(1))",
    "mention and reference": "@octocat #123 GH-1 https://evil.example",
    "details": "</details></summary>",
    "script": "<script>alert(1)</script>",
    "image": "\"><img src=x onerror=alert(1)>'",
    "comment": "--><!-- ]]>",
    "entity": "&lt;b&gt; &#x1b;",
    "surrogate": "\ud83d",
}


def plan_of(data: str, *, stage: Stage = Stage.PLANNED) -> PlanView:
    """A view in which every text there is, is `data`."""
    address = Address(data, (data, data))
    fields = (
        FieldChange(name=data, before=data, after=[data, {data: data}], reason=Reason.DRIFT),
        FieldChange(name=data, before=CANARY, after=CANARY, reason=Reason.SECRET_DIFFERS, sensitive=True),
    )
    changes = tuple(
        Change(
            action=action,
            address=address,
            reason=data,
            fields=fields,
            metadata=fields,
            released=(data, data),
            previous=address,
            recorded_source=data,
        )
        for action in Action
    )
    return PlanView(
        plan=Plan(changes=changes, pending=changes, foreign={address: data}),
        project=data,
        target=data,
        stage=stage,
        refusals=(Refusal(guard=data, message=data, hint=data),),
        warnings=(data,),
    )


def problems_of(data: str) -> tuple[Problem, ...]:
    return (
        Problem(message=data, path=data, hint=data, position=Position(file=data, line=1)),
        Problem(message=data, path=data),
        Problem(message=data),
    )


def reports(name: str, data: str) -> Iterator[list[str]]:
    """Every report that this format can make of `data`, as lines."""
    for stage in Stage:
        yield _lines(reporter(name).plan(plan_of(data, stage=stage), colour=False))
    yield _lines(reporter(name).problems(problems_of(data), colour=False))


def _lines(chunks: Iterator[str]) -> list[str]:
    return "\n".join(chunks).split("\n")


attack = pytest.mark.parametrize("data", ATTACKS.values(), ids=ATTACKS.keys())
each_format = pytest.mark.parametrize("name", REPORTERS)


def assert_nothing_steers(lines: list[str]) -> None:
    for line in lines:
        assert line.replace("\u3000", " ").isprintable(), ascii(line)
        assert not line.lstrip().startswith("::"), line
        assert not re.search(r"##\w*\[", line), line


def test_every_reporter_is_found_by_its_name() -> None:
    assert {name: reporter(name) for name in REPORTERS} == MODULES


@each_format
@attack
def test_no_terminal_and_no_log_obeys_data(name: str, data: str) -> None:
    for lines in reports(name, data):
        assert_nothing_steers(lines)


@each_format
@given(data=ANY_TEXT)
@settings(max_examples=60)
def test_no_text_at_all_brings_a_control_character_out(name: str, data: str) -> None:
    for lines in reports(name, data):
        assert_nothing_steers(lines)


@each_format
@attack
def test_data_adds_no_line(name: str, data: str) -> None:
    assert [len(lines) for lines in reports(name, data)] == [len(lines) for lines in reports(name, "x")]


@each_format
def test_a_sensitive_value_is_never_shown_even_when_it_is_there_by_mistake(name: str) -> None:
    for lines in reports(name, "x"):
        assert not any(CANARY in line for line in lines)


@given(data=ANY_TEXT)
@settings(max_examples=60)
def test_json_always_parses_and_has_the_keys_of_the_contract(data: str) -> None:
    for lines in reports("json", data):
        answer = json.loads("\n".join(lines))
        assert answer.keys() >= {"format_version", "summary", "changes", "problems"}
        assert answer["summary"].keys() == {"add", "change", "remove", "unchanged"}
        for change in answer["changes"]:
            assert change.keys() >= {"action", "address", "source", "fields"}
            assert all(item.keys() >= {"name", "before", "after", "sensitive"} for item in change["fields"])
        for problem in answer["problems"]:
            assert problem.keys() == {"file", "line", "column", "path", "message", "hint"}


@attack
def test_json_keeps_data_as_it_is_but_for_lone_surrogates(data: str) -> None:
    answer = json.loads("\n".join(next(reports("json", data))))
    assert answer["project"] == data.encode("utf-8", "backslashreplace").decode()


def outside_of_fences(lines: list[str]) -> list[str]:
    """What Markdown interprets: the rules for fences of CommonMark 0.31, section 4.5."""
    outside, fence = [], ""
    for line in lines:
        mark = re.match(r" {0,3}(`{3,}|~{3,})(.*)$", line)
        if not fence:
            if mark:
                fence = mark[1]
            else:
                outside.append(line)
        elif mark and mark[1].startswith(fence) and not mark[2].strip():
            fence = ""
    assert not fence
    return outside


@attack
def test_in_markdown_no_data_gets_out_of_its_fence(data: str) -> None:
    for attacked, harmless in zip(reports("markdown", data), reports("markdown", "x"), strict=True):
        assert outside_of_fences(attacked) == outside_of_fences(harmless)


class Page(HTMLParser):
    """The elements and the text of a page."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.elements: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed("\n".join(lines))
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements += [(tag, None), *((f"{tag}.{name}", value) for name, value in attrs)]

    def handle_endtag(self, tag: str) -> None:
        self.elements.append((f"/{tag}", None))

    def handle_comment(self, data: str) -> None:
        self.elements.append(("!--", data))

    def handle_data(self, data: str) -> None:
        self.text += data


@attack
def test_in_html_data_is_text_and_nothing_else(data: str) -> None:
    for attacked, harmless in zip(reports("html", data), reports("html", "x"), strict=True):
        page = Page(attacked)
        assert page.elements == Page(harmless).elements
        assert printable(data) in page.text
