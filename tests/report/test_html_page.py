"""The page: one file, nothing fetched, nothing run."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256
from html import unescape

from provision.report import html_page, text
from tests.report.examples import CREATE, DELETE, DISABLE, PROBLEM, REFUSAL, UPDATE, view

SHOWN = view(CREATE, UPDATE, DELETE, pending=(DISABLE,), refusals=(REFUSAL,), warnings=("slow parser",))


def test_it_says_what_the_text_says() -> None:
    page = "\n".join(html_page.plan(SHOWN, colour=True))
    said = {" ".join(line.split()) for line in unescape(re.sub("<[^>]+>", "", page)).splitlines()}
    for line in text.plan(SHOWN, colour=False):
        assert " ".join(line.split()) in said


def test_signs_become_classes() -> None:
    lines = list(html_page.plan(SHOWN, colour=False))
    assert '<span class="add">    + email    = &quot;alice@example.com&quot;</span>' in lines
    assert any(line.startswith('<span class="change">~ User/bob ') for line in lines)
    assert any(line.startswith('<span class="remove">- User/erin ') for line in lines)


def test_the_policy_admits_the_style_of_the_page_and_nothing_else() -> None:
    page = "\n".join(html_page.plan(SHOWN, colour=False))
    style = re.search("<style>(.*)</style>", page, re.DOTALL)
    assert style is not None
    digest = b64encode(sha256(style[1].encode()).digest()).decode()
    assert f"content=\"default-src 'none'; style-src 'sha256-{digest}'\"" in page


def test_problems_have_a_page_too() -> None:
    lines = list(html_page.problems((PROBLEM,), colour=False))
    assert "<h1>1 problem found.</h1>" in lines
    assert any("spec.email: not an e-mail address" in line for line in lines)
    assert lines[-1] == "</html>"
