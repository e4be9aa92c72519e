"""Every declared secret is read, and what its codec needs is there, before anything is computed."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import pytest

from provision.core.secret import Secret, StoredSecret
from provision.secrets.read import Material, read_secrets
from tests.secrets.asking import problems, request, settings

SETTINGS = settings(Path())
PEPPER = {"PROVISION_KEY_PEPPER": "pepper-pepper-pepper"}
KEY = {"KEY": "k" * 20}


def clear(material: Material) -> str:
    """What was read."""
    assert isinstance(material.value, Secret)
    return material.value.reveal()


def test_a_codec_gets_its_pepper_from_the_environment_of_the_run() -> None:
    [material] = read_secrets(
        [request("hmac_sha256", {"from": {"env": "KEY"}})], PEPPER | KEY, SETTINGS
    ).materials.values()
    assert isinstance(material.value, Secret)
    stored = material.codec.store(material.value, material.request.binding)
    assert material.codec.matches(material.value, stored.reveal()) is True
    assert "pepper-pepper" not in repr(material)
    assert KEY["KEY"] not in repr(material)


def test_a_missing_pepper_is_said_once_beside_everything_else() -> None:
    requests = [
        request("hmac_sha256", {"from": {"env": name}}, name=name, line=line)
        for line, name in enumerate(("KEY", "GONE", "KEY2"), start=1)
    ]
    assert problems(requests, KEY | {"KEY2": "k" * 20}, SETTINGS) == [
        (
            "a.yaml:1:1: spec.key: hmac_sha256 needs the environment variable PROVISION_KEY_PEPPER."
            " Hint: export it as the application has it, 16 bytes or more: openssl rand -hex 32"
        ),
        ("a.yaml:2:1: spec.key: the environment variable GONE is not set. Hint: export GONE, or name another source"),
    ]


def test_a_pepper_is_not_asked_for_by_a_hash() -> None:
    [material] = read_secrets(
        [request("hmac_sha256", {"hash": "0" * 64, "last_four": "abcd"})], {}, SETTINGS
    ).materials.values()
    assert isinstance(material.value, StoredSecret)
    assert (material.value.reveal(), material.value.last_four) == ("0" * 64, "abcd")


@pytest.mark.usefixtures("without_argon2")
def test_a_missing_library_is_a_problem_of_the_first_secret_that_needs_it() -> None:
    requests = [request("argon2", {"from": {"env": "KEY"}}, name=name) for name in ("a", "b")]
    assert problems(requests, KEY, SETTINGS) == [
        'a.yaml:1:1: spec.key: argon2 needs argon2-cffi. Hint: install it: pip install "provision-db[argon2]"'
    ]


def test_a_secret_in_plain_text_is_read_and_checked_like_any_other() -> None:
    [material] = read_secrets([request("plaintext", {"from": {"env": "KEY"}})], KEY, SETTINGS).materials.values()
    assert isinstance(material.value, Secret)
    assert problems([request("plaintext", {"from": {"env": "KEY"}})], {"KEY": ""}, SETTINGS) == [
        (
            "a.yaml:1:1: spec.key: the secret from env KEY is empty."
            " Hint: an empty password is never set; check its source"
        )
    ]


def counting(folder: Path) -> str:
    """A program that adds a line to its log each time that it runs, and prints its argument."""
    program = folder / "counting"
    program.write_text(f'#!/bin/sh\necho "$1" >> "{folder}/log"\nsleep "$2"\nprintf %s "$1"\n')
    program.chmod(0o755)
    return str(program)


def test_what_many_fields_refer_to_is_read_once_whatever_the_source(tmp_path: Path) -> None:
    program = counting(tmp_path)
    requests = [
        request("sha256", {"from": {"command": [program, KEY["KEY"], "0"]}}, name=str(number)) for number in range(50)
    ]
    secrets = read_secrets(requests, {}, settings(tmp_path, commands=[program]))
    assert len(secrets.materials) == 50
    assert (tmp_path / "log").read_text().splitlines() == [KEY["KEY"]]


def test_programs_run_at_the_same_time_and_each_field_gets_its_own(tmp_path: Path) -> None:
    program = counting(tmp_path)
    requests = [
        request("plaintext", {"from": {"command": [program, f"secret-{number}", "0.5"]}}, name=str(number))
        for number in range(12)
    ]
    begun = time.monotonic()
    environ = {"PATH": os.environ["PATH"]}
    secrets = read_secrets(requests, environ, settings(tmp_path, commands=[program]))
    assert time.monotonic() - begun < 4
    values = {address.key[0]: clear(item) for (address, _), item in secrets.materials.items()}
    assert values == {str(number): f"secret-{number}" for number in range(12)}


def test_the_same_path_beside_two_manifests_is_two_files(tmp_path: Path) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "secret").write_text(f"text of {name}")
    requests = [
        request("plaintext", {"from": {"file": "secret"}}, name=name, file=str(tmp_path / name / "x.yaml"))
        for name in ("a", "b")
    ]
    secrets = read_secrets(requests, {}, settings(tmp_path))
    assert [clear(item) for item in secrets.materials.values()] == ["text of a", "text of b"]


def test_a_hundred_thousand_variables_need_no_threads(tmp_path: Path) -> None:
    environ = {f"KEY_{number}": f"secret-{number}" for number in range(100_000)}
    requests = [request("plaintext", {"from": {"env": name}}, name=name) for name in environ]
    threads = threading.active_count()
    begun = time.monotonic()
    secrets = read_secrets(requests, environ, settings(tmp_path))
    assert time.monotonic() - begun < 10
    assert threading.active_count() == threads
    assert len(secrets.materials) == 100_000


def test_every_failure_of_every_source_is_said_together_with_its_line(tmp_path: Path) -> None:
    file = str(tmp_path / "a.yaml")
    sources: list[dict[str, object]] = [
        {"env": "GONE"},
        {"file": "gone.txt"},
        {"age": {"file": "gone.age"}},
        {"command": ["vault", "x"]},
        {"env": "GONE"},
        {"env": "KEY"},
    ]
    requests = [
        request("sha256", {"from": source}, name=str(line), line=line, file=file)
        for line, source in enumerate(sources, start=1)
    ]
    gone = "cannot be read: no such file or directory. Hint: a relative path starts at the manifest's folder"
    assert problems(requests, KEY, settings(tmp_path)) == [
        f"{file}:1:1: spec.key: the environment variable GONE is not set. Hint: export GONE, or name another source",
        f"{file}:2:1: spec.key: the file {tmp_path}/gone.txt {gone}",
        f"{file}:3:1: spec.key: the age file {tmp_path}/gone.age {gone}",
        (
            f"{file}:4:1: spec.key: the command vault is not allowed."
            " Hint: name it in provision.toml as it is written here, in commands of [secrets]"
        ),
        f"{file}:5:1: spec.key: the environment variable GONE is not set. Hint: export GONE, or name another source",
    ]


def test_a_missing_identity_is_said_once_for_all_that_need_it(tmp_path: Path) -> None:
    (tmp_path / "x.age").write_bytes(b"x")
    file = str(tmp_path / "a.yaml")
    requests = [
        request("sha256", {"from": {"age": {"file": "x.age"}}}, name=str(line), line=line, file=file)
        for line in (1, 2, 3)
    ]
    [problem] = problems(requests, {}, settings(tmp_path))
    assert problem.startswith(
        f"{file}:1:1: spec.key: age needs an identity to decrypt with. Hint: export PROVISION_A"
    )


def test_what_a_failing_program_says_is_shown_without_any_secret_of_the_run(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2-hunter2-hunter2")
    (tmp_path / "secret").chmod(0o600)
    program = tmp_path / "vault"
    program.write_text("#!/bin/sh\nprintf '%s\\n' 'no: HUNTER2-hunter2-hunter2' sealed >&2\nexit 2\n")
    program.chmod(0o755)
    requests = [
        request("sha256", {"from": {"command": ["vault", "x"]}}, name="a"),
        request("sha256", {"from": {"file": str(tmp_path / "secret")}}, name="b"),
    ]
    assert problems(requests, {"PATH": str(tmp_path)}, settings(tmp_path, commands=["vault"])) == [
        (
            "a.yaml:1:1: spec.key: the command vault ended with exit code 2, saying: (a line with a secret in it)"
            " / sealed. Hint: try it in a shell"
        )
    ]


@pytest.mark.parametrize(
    ("script", "what"),
    [
        ("exit 0", "the secret from command vault has fewer than 20 characters"),
        ("printf '\\377'", "what the command vault printed is not UTF-8 text"),
        (
            "printf 'hunter2\\0hunter2-hunter2-hunter2'",
            "the secret from command vault holds spaces",
        ),
        ("sleep 60", "the command vault did not end within 0.5 s"),
    ],
)
def test_what_a_program_prints_has_to_be_a_secret(tmp_path: Path, script: str, what: str) -> None:
    program = tmp_path / "vault"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    environ = {"PATH": f"{tmp_path}:{os.environ['PATH']}"}
    allowed = settings(tmp_path, commands=["vault"], command_timeout="500ms")
    [problem] = problems([request("sha256", {"from": {"command": ["vault"]}})], environ, allowed)
    assert what in problem
    assert "hunter2" not in problem


def test_a_program_gives_its_text_without_one_newline_at_its_end(tmp_path: Path) -> None:
    requests = [request("plaintext", {"from": {"command": ["printf", "a b\\n\\n"]}})]
    secrets = read_secrets(requests, {"PATH": os.environ["PATH"]}, settings(tmp_path, commands=["printf"]))
    assert [clear(item) for item in secrets.materials.values()] == ["a b\n"]


def test_warnings_are_said_once_and_do_not_stop_anything(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("text")
    (tmp_path / "secret").chmod(0o644)
    requests = [
        request("plaintext", {"from": {"file": "secret"}}, name=name, file=str(tmp_path / "a.yaml"))
        for name in ("a", "b")
    ]
    secrets = read_secrets(requests, {}, settings(tmp_path))
    assert len(secrets.materials) == 2
    assert [warning.partition(" holds ")[0] for warning in secrets.warnings] == [f"the file {tmp_path}/secret"]
