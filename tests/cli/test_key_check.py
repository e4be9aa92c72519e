"""`provision key check` tells a right key from a wrong one, and shows neither."""

from __future__ import annotations

import io
import subprocess
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from provision.secrets.mint import mint_key
from tests.cli.conftest import Run
from tests.project import Outcome, Project

RANDOM = "zQWBuTSOoRi4A9spHcVY5ncnsDkxkJ"
KEY = f"acme_{RANDOM}0mLq17"


class Stdin(io.TextIOWrapper):
    """What a pipe gives."""

    def __init__(self, given: bytes) -> None:
        super().__init__(io.BytesIO(given))


def check(provision: Run, monkeypatch: pytest.MonkeyPatch, given: bytes, *arguments: str) -> Outcome:
    monkeypatch.setattr(sys, "stdin", Stdin(given))
    return provision("key", "check", *arguments)


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
@pytest.mark.parametrize("arguments", [[], ["--prefix", "acme"]])
def test_a_right_key_is_said_to_be_valid_with_its_prefix(
    provision: Run, monkeypatch: pytest.MonkeyPatch, ending: str, arguments: list[str]
) -> None:
    outcome = check(provision, monkeypatch, f"{KEY}{ending}".encode(), *arguments)
    assert (outcome.code, outcome.stdout, outcome.stderr) == (0, "Valid: prefix acme.\n", "")


def test_a_key_that_we_made_is_valid(provision: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = check(provision, monkeypatch, mint_key("acme_live").reveal().encode())
    assert (outcome.code, outcome.stdout) == (0, "Valid: prefix acme_live.\n")


def test_another_prefix_than_the_one_demanded_is_an_error(provision: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    outcome = check(provision, monkeypatch, KEY.encode(), "--prefix", "ghp")
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith("the key has the prefix acme. Hint: ghp was asked for\n")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (b"", "the key is empty. Hint: "),
        (b"\n", "the key is empty. Hint: "),
        (KEY[:-1].encode(), "the key has 35 characters after its prefix, and 36 are right. Hint: "),
        (KEY.replace("S", "s").encode(), "the key has a checksum that does not fit. Hint: "),
        (f"{KEY}\n{KEY}\n".encode(), "the key holds spaces, line breaks or characters beyond ASCII. Hint: "),
        (f"TOKEN={KEY}".encode(), "the key has a prefix of another form. Hint: "),
        (b"\xff\xfe\0", "the key holds spaces, line breaks or characters beyond ASCII. Hint: "),
        (KEY.encode() + b"x" * 5000, "the key has more than 4096 bytes. Hint: give one key\n"),
        (b"hunter2", "the key has no prefix. Hint: "),
    ],
)
def test_what_is_wrong_is_one_problem_on_stderr(
    provision: Run, monkeypatch: pytest.MonkeyPatch, given: bytes, message: str
) -> None:
    outcome = check(provision, monkeypatch, given)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith(message)
    assert not any(part in outcome.stderr for part in (RANDOM, "hunter2", "TOKEN"))


@given(garbage=st.binary(min_size=12, max_size=200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_is_a_problem_without_a_traceback_and_is_not_repeated(
    provision: Run, monkeypatch: pytest.MonkeyPatch, garbage: bytes
) -> None:
    outcome = check(provision, monkeypatch, garbage)
    assert (outcome.code, outcome.stdout) == (1, "")
    assert outcome.stderr.startswith("the key ")
    assert "Traceback" not in outcome.stderr
    assert garbage.decode("latin-1") not in outcome.stderr


def test_a_terminal_is_asked_without_an_echo(provision: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def typed(prompt: str) -> str:
        asked.append(prompt)
        return KEY

    stdin = Stdin(b"")
    monkeypatch.setattr(stdin, "isatty", lambda: True)
    monkeypatch.setattr(sys, "stdin", stdin)
    monkeypatch.setattr("click.termui.hidden_prompt_func", typed)
    outcome = provision("key", "check")
    assert (outcome.code, outcome.stdout, len(asked)) == (0, "Valid: prefix acme.\n", 1)
    assert KEY not in outcome.stderr


def test_a_key_is_never_taken_as_an_argument(provision: Run) -> None:
    """It would stand in the shell's history and in the list of processes."""
    outcome = provision("key", "check", KEY)
    assert (outcome.code, outcome.stdout) == (64, "")
    assert outcome.stderr.startswith("Error: The key is read from standard input, and is no argument. Hint: ")
    assert RANDOM not in outcome.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["key", "check", "--prefix", "a b"], "a prefix is letters and digits, parted by single underscores"),
        (["key", "chek"], "No such command 'chek'"),
    ],
)
def test_a_wrong_option_is_a_usage_error(provision: Run, arguments: list[str], message: str) -> None:
    outcome = provision(*arguments)
    assert (outcome.code, outcome.stdout) == (64, "")
    assert message in outcome.stderr


@pytest.mark.parametrize(("given", "code"), [(KEY, 0), ("hunter2", 1)])
def test_a_check_imports_nothing_heavy(project: Project, given: str, code: int) -> None:
    heavy = "sqlalchemy", "pydantic", "asyncpg", "alembic", "yaml", "asyncio", "bcrypt"
    script = (
        "import sys; from provision.cli.entry import run; code = run(['key', 'check']);"
        f" sys.exit(' '.join(name for name in {heavy!r} if name in sys.modules) or code)"
    )
    environ = project.environment()
    done = subprocess.run(
        [sys.executable, "-c", script], env=environ, input=given, capture_output=True, text=True, check=False
    )
    assert done.returncode == code
    assert not any(name in done.stderr for name in heavy)
