"""Every declared secret is read, and what its codec needs is there, before anything is computed."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.core.secret import Secret, StoredSecret
from provision.secrets.read import read_secrets
from tests.secrets.asking import problems, request, settings

SETTINGS = settings(Path())
PEPPER = {"PROVISION_KEY_PEPPER": "pepper-pepper-pepper"}
KEY = {"KEY": "k" * 20}


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
