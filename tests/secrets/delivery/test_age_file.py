"""The sink `age_file`: what others can decrypt, and never the secret in clear."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from provision.core.secret import Secret
from provision.secrets.delivery import UndeliverableError, check, reveal, stage
from tests.secrets.delivery.deliveries import RUN, SECRET, below, delivery, mode, places

HEAD = b"-----BEGIN AGE ENCRYPTED FILE-----\n"
Pair = tuple[str, bytes]


def _age() -> Pair:
    identity = pyrage.x25519.Identity.generate()
    return str(identity.to_public()), f"{identity}\n".encode()


def _ed25519() -> Pair:
    return _ssh(Ed25519PrivateKey.generate())


def _rsa() -> Pair:
    return _ssh(generate_private_key(65537, 2048))


def _ssh(key: object) -> Pair:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())  # type: ignore[attr-defined]
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)  # type: ignore[attr-defined]
    return public.decode() + " alice@rosa", private


def by_age(encrypted: bytes, identity: bytes, folder: Path) -> bytes:
    """What age itself makes of it (FiloSottile/age, as Debian ships it)."""
    if shutil.which("age") is None:
        pytest.skip("age is not installed")
    (folder / "identity").write_bytes(identity)
    (folder / "identity").chmod(0o600)
    command = ["age", "-d", "-i", str(folder / "identity")]
    return subprocess.run(command, input=encrypted, capture_output=True, check=True).stdout


def by_pyrage(encrypted: bytes, identity: bytes, _folder: Path) -> bytes:
    """What another implementation makes of it (str4d/rage)."""
    form = pyrage.ssh if identity.startswith(b"-----") else pyrage.x25519
    one = (
        form.Identity.from_buffer(identity)
        if form is pyrage.ssh
        else form.Identity.from_str(identity.decode().strip())
    )
    clear: bytes = pyrage.decrypt(encrypted, [one])
    return clear


@pytest.mark.parametrize("decrypt", [by_age, by_pyrage])
@pytest.mark.parametrize("armor", [True, False])
@pytest.mark.parametrize("make", [_age, _ed25519, _rsa])
def test_every_recipient_can_decrypt_it(
    tmp_path: Path, make: Callable[[], Pair], armor: bool, decrypt: Callable[[bytes, bytes, Path], bytes]
) -> None:
    (recipient, identity), (other, _) = make(), _age()
    one = delivery(tmp_path, {"age_file": {"path": "s/ci.age", "recipients": [other, recipient], "armor": armor}})
    assert check([one], places(tmp_path)) == []
    stage(RUN, [(one, Secret(SECRET))], places(tmp_path))
    assert reveal(RUN, [one], places(tmp_path)) == []
    encrypted = (tmp_path / "s/ci.age").read_bytes()
    assert encrypted.startswith(HEAD) is armor
    assert all(SECRET.encode() not in path.read_bytes() for path in below(tmp_path))
    assert mode(tmp_path / "s/ci.age") == 0o600
    assert decrypt(encrypted, identity, tmp_path) == SECRET.encode()


def test_every_recipient_with_a_typing_error_is_named_by_its_place(tmp_path: Path) -> None:
    right, _ = _age()
    wrong = right[:-1] + ("q" if right[-1] != "q" else "p")
    blob = "AAAAC3NzaC1lZDI1NTE5AAAAI"
    one = delivery(
        tmp_path, {"age_file": {"path": "a", "recipients": [right, wrong, f"ssh-ed25519 {blob}{'/' * 43}"]}}
    )
    problems = check([one], places(tmp_path))
    assert problems[0].message == "recipient 2 is not a public key that age encrypts to"
    assert all(problem.hint for problem in problems)
    with pytest.raises(UndeliverableError):
        stage(RUN, [(one, Secret(SECRET))], places(tmp_path))
    assert list(below(tmp_path)) == []


@pytest.mark.usefixtures("without_pyrage")
def test_without_pyrage_the_command_that_installs_it_is_said(tmp_path: Path) -> None:
    one = delivery(tmp_path, {"age_file": {"path": "a", "recipients": [f"age1{'q' * 58}"]}})
    [problem] = check([one], places(tmp_path))
    assert (problem.message, problem.hint) == (
        "age_file needs pyrage",
        'install it: pip install "provision-db[age]"',
    )
    with pytest.raises(UndeliverableError):
        stage(RUN, [(one, Secret(SECRET))], places(tmp_path))
