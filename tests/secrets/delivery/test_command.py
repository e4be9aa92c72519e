"""The sink `command`: allowed programs alone, the secret on standard input, and never in what is said."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from provision.core.secret import Secret
from provision.secrets.delivery import check, discard, reveal, stage
from tests.secrets.delivery.deliveries import RUN, SECRET, delivery, left_over, places

PYTHON = sys.executable


@pytest.mark.parametrize("secret", [SECRET, "with a line break\n", "ünï\0code", ""])
def test_the_program_gets_the_secret_and_not_a_byte_more(tmp_path: Path, secret: str) -> None:
    script = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read() + b'|')"
    one = delivery(tmp_path, {"command": [PYTHON, "-c", script, str(tmp_path / "out")]})
    where = places(tmp_path, commands=(PYTHON,))
    assert check([one], where) == []
    stage(RUN, [(one, Secret(secret))], where)
    assert not (tmp_path / "out").exists()
    assert reveal(RUN, [one], where) == []
    assert reveal(RUN, [one], where) == []
    assert (tmp_path / "out").read_bytes() == 2 * (secret.encode() + b"|")
    discard(RUN, [one], where)
    assert left_over(tmp_path) == []


def test_a_program_that_is_not_allowed_or_not_there_is_a_problem(tmp_path: Path) -> None:
    one = delivery(tmp_path, {"command": ["vault-of-nobody"]})
    [problem] = check([one], places(tmp_path, commands=("cat", "age")))
    assert (problem.message, problem.hint) == (
        "the command vault-of-nobody is not allowed",
        "name it in provision.toml as it is written here, in commands of [secrets]",
    )
    [problem] = check([one], places(tmp_path, commands=("vault-of-nobody",)))
    assert problem.message == "the command vault-of-nobody is not found on PATH"


def test_a_program_that_fails_keeps_what_is_staged_and_its_words_to_itself(tmp_path: Path) -> None:
    script = "import sys; text = sys.stdin.read(); print(text); sys.exit(text)"
    one = delivery(tmp_path, {"command": [PYTHON, "-c", script]})
    where = places(tmp_path, commands=(PYTHON,))
    stage(RUN, [(one, Secret(SECRET))], where)
    [failure] = reveal(RUN, [one], where)
    assert failure.message
    assert failure.hint
    assert SECRET not in repr(failure)
    assert len(left_over(tmp_path)) == 1


def test_our_own_secrets_are_not_passed_on(tmp_path: Path) -> None:
    script = (
        "import os, sys; sys.exit(sorted(n for n in os.environ if n.startswith('PROVISION_')) != ['PROVISION_X'])"
    )
    one = delivery(tmp_path, {"command": [PYTHON, "-c", script]})
    where = places(
        tmp_path, commands=(PYTHON,), PROVISION_X="1", PROVISION_KEY_PEPPER="pepper", PROVISION_AGE_IDENTITY="age"
    )
    stage(RUN, [(one, Secret(SECRET))], where)
    assert reveal(RUN, [one], where) == []


def test_the_words_of_a_failure_are_shown_without_the_lines_that_hold_the_secret(tmp_path: Path) -> None:
    script = "import sys; text = sys.stdin.read(); sys.exit(f'permission denied\\ncannot write {text}')"
    one = delivery(tmp_path, {"command": [PYTHON, "-c", script]})
    where = places(tmp_path, commands=(PYTHON,))
    stage(RUN, [(one, Secret(SECRET))], where)
    [failure] = reveal(RUN, [one], where)
    assert failure.message.endswith("ended with exit code 1")
    assert failure.said == ("permission denied", "(a line with a secret in it)")
    assert SECRET not in repr(failure)
