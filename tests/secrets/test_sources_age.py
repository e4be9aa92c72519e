"""Age: identities from each place that may hold them, and what cannot be decrypted; without the program."""

from __future__ import annotations

import sys
from pathlib import Path

import pyrage
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from hypothesis import assume, given
from hypothesis import strategies as st

from provision.kinds.secret_base import SourceSpec
from provision.secrets.sources import UnequippedSourceError, UnreadableSecretError
from provision.secrets.sources.age import MAX_ENCRYPTED_BYTES
from provision.secrets.sources.identity import FILE_VARIABLE, TEXT_VARIABLE
from provision.secrets.sources.text import MAX_BYTES
from tests.secrets.asking import read, refusal, settings

IDENTITY, OTHER = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
ENVIRON = {TEXT_VARIABLE: str(IDENTITY)}
SECRET = "Canary-age-pässwörd 🦊"


def encrypt(clear: str | bytes = SECRET, *, armored: bool = True, to: object = None) -> bytes:
    data = clear if isinstance(clear, bytes) else clear.encode()
    encrypted: bytes = pyrage.encrypt(data, [to or IDENTITY.to_public()], armored=armored)
    return encrypted


def ssh_key(encryption: KeySerializationEncryption) -> tuple[str, object]:
    """A private key as OpenSSH writes it, and the recipient that it belongs to."""
    key = Ed25519PrivateKey.generate()
    public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, encryption).decode()
    return private, pyrage.ssh.Recipient.from_str(public)


@pytest.mark.parametrize("armored", [True, False])
@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_file_is_decrypted_whether_it_is_armored_or_not(tmp_path: Path, armored: bool, ending: str) -> None:
    (tmp_path / "alice.age").write_bytes(encrypt(SECRET + ending, armored=armored))
    reading = read("age", "file", "alice.age", folder=tmp_path, environ=ENVIRON)
    assert reading.secret.reveal() == SECRET
    assert reading.warnings == ()


def test_a_text_in_the_manifest_is_decrypted(tmp_path: Path) -> None:
    spec = SourceSpec.model_validate({"age": {"text": encrypt().decode()}})
    source, reference = spec.reference()
    assert read(source, *reference, folder=tmp_path, environ=ENVIRON).secret.reveal() == SECRET
    assert SECRET not in repr(reference)


@given(clear=st.text(st.characters(exclude_categories=["Cs"]), max_size=300))
def test_every_text_comes_back(clear: str) -> None:
    assume(not clear.endswith("\r"))  # with the newline it is one line's end
    spec = SourceSpec.model_validate({"age": {"text": encrypt(clear + "\n").decode()}})
    source, reference = spec.reference()
    assert read(source, *reference, folder=Path(), environ=ENVIRON).secret.reveal() == clear


def test_the_text_of_the_variable_comes_before_its_file_and_the_settings(tmp_path: Path) -> None:
    text = encrypt().decode()
    (tmp_path / "right.txt").write_text(str(IDENTITY))
    (tmp_path / "wrong.txt").write_text(str(OTHER))
    right, wrong = str(tmp_path / "right.txt"), str(tmp_path / "wrong.txt")

    def works(environ: dict[str, str], **secrets: str) -> bool:
        try:
            return read("age", "text", text, folder=tmp_path, environ=environ, **secrets).secret.reveal() == SECRET
        except UnreadableSecretError:
            return False

    assert works({TEXT_VARIABLE: str(IDENTITY), FILE_VARIABLE: wrong}, age_identity="wrong.txt")
    assert not works({TEXT_VARIABLE: str(OTHER), FILE_VARIABLE: right}, age_identity="right.txt")
    assert works({FILE_VARIABLE: right}, age_identity="wrong.txt")
    assert not works({FILE_VARIABLE: wrong}, age_identity="right.txt")
    assert works({}, age_identity="right.txt")
    assert works({TEXT_VARIABLE: "", FILE_VARIABLE: ""}, age_identity=right)
    assert works({"HOME": str(tmp_path)}, age_identity="~/right.txt")


def test_comments_and_several_identities_are_taken_as_age_keygen_writes_them(tmp_path: Path) -> None:
    text = f"# created: 2026\r\n# public key: {OTHER.to_public()}\r\n{OTHER}\r\n\r\n  {IDENTITY}  \n"
    reading = read("age", "text", encrypt().decode(), folder=tmp_path, environ={TEXT_VARIABLE: text})
    assert reading.secret.reveal() == SECRET


def test_an_ssh_key_is_an_identity(tmp_path: Path) -> None:
    private, recipient = ssh_key(NoEncryption())
    text = encrypt(to=recipient).decode()
    reading = read("age", "text", text, folder=tmp_path, environ={TEXT_VARIABLE: f"\n{private.strip()}"})
    assert reading.secret.reveal() == SECRET
    (tmp_path / "id_ed25519").write_text(private)
    assert read("age", "text", text, folder=tmp_path, age_identity="id_ed25519").secret.reveal() == SECRET


@pytest.mark.parametrize(("mode", "count"), [(0o600, 0), (0o644, 1)])
def test_an_identity_that_everybody_may_read_is_warned_of(tmp_path: Path, mode: int, count: int) -> None:
    (tmp_path / "key.txt").write_text(str(IDENTITY))
    (tmp_path / "key.txt").chmod(mode)
    reading = read("age", "text", encrypt().decode(), folder=tmp_path, age_identity="key.txt")
    assert len(reading.warnings) == count
    assert all("the identity file" in warning and "chmod o-r" in warning for warning in reading.warnings)


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({}, "age needs an identity to decrypt with"),
        ({TEXT_VARIABLE: "# nothing\n"}, "the identity in PROVISION_AGE_IDENTITY holds no identity"),
        (
            {TEXT_VARIABLE: f"\n{str(IDENTITY)[:-1]}"},
            "the identity in PROVISION_AGE_IDENTITY, line 2, is not an identity of age",
        ),
        ({TEXT_VARIABLE: "\udcff"}, "the identity in PROVISION_AGE_IDENTITY, line 1, is not an identity of age"),
        (
            {TEXT_VARIABLE: "-----BEGIN OPENSSH PRIVATE KEY-----\n\udcff"},
            "the identity in PROVISION_AGE_IDENTITY is not an SSH key that age can use",
        ),
        (
            {TEXT_VARIABLE: ssh_key(BestAvailableEncryption(b"pw"))[0]},
            "the identity in PROVISION_AGE_IDENTITY is not an SSH key that age can use",
        ),
        (
            {TEXT_VARIABLE: encrypt(str(IDENTITY)).decode()},
            "the identity in PROVISION_AGE_IDENTITY is encrypted with a passphrase",
        ),
        ({FILE_VARIABLE: "/no/such"}, "the identity file /no/such cannot be read: no such file or directory"),
        ({FILE_VARIABLE: "/dev/zero"}, "the identity file /dev/zero cannot be read: is a device"),
        ({FILE_VARIABLE: "\0"}, "the identity file \0 cannot be read: not a possible path"),
    ],
)
def test_an_identity_that_cannot_be_used_is_said_and_not_quoted(
    tmp_path: Path, environ: dict[str, str], message: str
) -> None:
    error = refusal("age", "text", encrypt().decode(), folder=tmp_path, environ=environ)
    assert isinstance(error, UnequippedSourceError)
    assert error.message == message
    assert str(IDENTITY)[:-1] not in error.message + error.hint


@pytest.mark.parametrize(
    ("encrypted", "message"),
    [
        (encrypt(to=OTHER.to_public()), "cannot be decrypted by the identity in PROVISION_AGE_IDENTITY"),
        (pyrage.passphrase.encrypt(b"x", "pw"), "cannot be decrypted by the identity in PROVISION_AGE_IDENTITY"),
        (b"", "is not a whole age file"),
        (SECRET.encode(), "is not a whole age file"),
        (encrypt()[:-40], "is not a whole age file"),
        (encrypt(armored=False)[:-1], "is not a whole age file"),
        (encrypt(armored=False) + b"x", "is not a whole age file"),
        (encrypt() + b"junk", "is not a whole age file"),
        (encrypt(b"hunter2\xff"), "is not UTF-8 text"),
        (encrypt(b"x" * (MAX_BYTES + 1)), "holds more than 64 KiB"),
        (b"x" * (MAX_ENCRYPTED_BYTES + 1), "is larger than 128 KiB"),
    ],
    ids=range(11),
)
def test_what_cannot_be_decrypted_is_named_and_not_quoted(tmp_path: Path, encrypted: bytes, message: str) -> None:
    (tmp_path / "alice.age").write_bytes(encrypted)
    error = refusal("age", "file", "alice.age", folder=tmp_path, environ=ENVIRON)
    assert error.message == f"the age file {tmp_path}/alice.age {message}"
    assert not isinstance(error, UnequippedSourceError)


def test_as_much_is_decrypted_as_a_file_may_hold(tmp_path: Path) -> None:
    (tmp_path / "full.age").write_bytes(encrypt(b"x" * MAX_BYTES))
    assert len(read("age", "file", "full.age", folder=tmp_path, environ=ENVIRON).secret.reveal()) == MAX_BYTES


def test_an_encrypted_file_stays_below_the_roots(tmp_path: Path) -> None:
    (tmp_path / "outside.age").write_bytes(encrypt())
    (tmp_path / "project").mkdir()
    error = refusal("age", "file", "../outside.age", folder=tmp_path / "project", environ=ENVIRON)
    assert error.message.endswith("is outside the folders that secrets may be read from")


def test_the_settings_file_of_identities_is_not_jailed(tmp_path: Path) -> None:
    (tmp_path / "key.txt").write_text(str(IDENTITY))
    (tmp_path / "project").mkdir()
    reading = read("age", "text", encrypt().decode(), folder=tmp_path / "project", age_identity="../key.txt")
    assert reading.secret.reveal() == SECRET
    assert settings(tmp_path).secrets.age_identity is None


def test_a_missing_library_is_said_with_the_way_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyrage", None)
    error = refusal("age", "text", encrypt().decode(), folder=tmp_path, environ=ENVIRON)
    assert (error.message, error.hint) == ("age needs pyrage", 'install it: pip install "provision-db[age]"')
