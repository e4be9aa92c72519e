"""What a program said is shown without the lines that give a secret away."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provision.secrets.redact import WITHHELD, forms_of, withheld
from tests.canary import find_leaks

SECRET = 'Cänary-"Zq8vT3pL/+ x'
texts = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"]), min_size=8, max_size=30)


@pytest.mark.parametrize(
    "disguise",
    [
        str,
        str.upper,
        repr,
        json.dumps,
        quote,
        lambda secret: secret[::-1],
        lambda secret: secret.encode().hex(),
        lambda secret: base64.b64encode(b"ab" + secret.encode()).decode(),
        lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    ],
)
def test_a_line_that_holds_a_secret_is_withheld_and_others_are_not(disguise: Callable[[str], str]) -> None:
    lines = ["denied", f"with {disguise(SECRET)} in it", "sorry"]
    assert withheld(lines, forms_of(["another", SECRET])) == ("denied", WITHHELD, "sorry")


@given(secret=texts, before=texts, after=texts)
def test_the_canary_finds_nothing_in_what_is_left(secret: str, before: str, after: str) -> None:
    data = f"{before}{secret}{after}"
    lines = [data, data.encode().hex(), base64.b64encode(data.encode()).decode(), quote(data), json.dumps(data)]
    assert find_leaks([secret], {"left": "\n".join(withheld(lines, forms_of([secret])))}) == []


def test_each_line_of_a_long_secret_counts() -> None:
    secret = "-----BEGIN KEY-----\nabcdefgh\nijklmnop\n-----END KEY-----\n"
    assert withheld(["x ijklmnop", "ok"], forms_of([secret])) == (WITHHELD, "ok")


def test_a_short_secret_counts_as_it_is_and_an_empty_one_not_at_all() -> None:
    assert withheld(["abc", "b"], forms_of(["c"])) == (WITHHELD, "b")
    assert withheld(["abc"], forms_of(["", "\n", " "])) == ("abc",)
