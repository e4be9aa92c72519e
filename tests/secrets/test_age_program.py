"""The age program of others and we understand each other, in both directions."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pyrage
import pytest

from provision.secrets.sources.identity import TEXT_VARIABLE
from tests.secrets.asking import read

AGE, KEYGEN = shutil.which("age"), shutil.which("age-keygen")
pytestmark = pytest.mark.skipif(not (AGE and KEYGEN), reason="age and age-keygen are not installed")
SECRET = "pässwörd 🦊"


def run(*arguments: str, stdin: bytes = b"") -> bytes:
    return subprocess.run(arguments, input=stdin, capture_output=True, check=True).stdout


@pytest.fixture
def key(tmp_path: Path) -> Path:
    """An identity as age-keygen writes it, with its comments."""
    run(str(KEYGEN), "-o", str(tmp_path / "key.txt"))
    return tmp_path / "key.txt"


def recipient(key: Path) -> str:
    return run(str(KEYGEN), "-y", str(key)).decode().strip()


@pytest.mark.parametrize("options", [(), ("--armor",)])
def test_what_age_encrypts_we_read(tmp_path: Path, key: Path, options: tuple[str, ...]) -> None:
    encrypted = run(str(AGE), "--encrypt", *options, "-r", recipient(key), stdin=f"{SECRET}\n".encode())
    (tmp_path / "alice.age").write_bytes(encrypted)
    by_file = read("age", "file", "alice.age", folder=tmp_path, age_identity="key.txt")
    by_text = read("age", "file", "alice.age", folder=tmp_path, environ={TEXT_VARIABLE: key.read_text()})
    assert by_file.secret.reveal() == by_text.secret.reveal() == SECRET
    if options:
        in_manifest = read("age", "text", encrypted.decode(), folder=tmp_path, age_identity="key.txt")
        assert in_manifest.secret.reveal() == SECRET


def test_what_age_encrypts_to_several_recipients_we_read_as_the_last_of_them(tmp_path: Path, key: Path) -> None:
    others = [argument for _ in range(5) for argument in ("-r", str(pyrage.x25519.Identity.generate().to_public()))]
    command = [str(AGE), "--encrypt", "--armor", *others, "-r", recipient(key)]
    text = run(*command, stdin=SECRET.encode()).decode()
    assert read("age", "text", text, folder=tmp_path, age_identity="key.txt").secret.reveal() == SECRET


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="ssh-keygen is not installed")
@pytest.mark.parametrize("kind", ["ed25519", "rsa"])
def test_what_age_encrypts_to_an_ssh_key_we_read(tmp_path: Path, kind: str) -> None:
    run("ssh-keygen", "-q", "-t", kind, "-N", "", "-f", str(tmp_path / "id"))
    encrypted = run(str(AGE), "-R", str(tmp_path / "id.pub"), "--armor", stdin=SECRET.encode())
    reading = read("age", "text", encrypted.decode(), folder=tmp_path, age_identity="id")
    assert reading.secret.reveal() == SECRET


@pytest.mark.parametrize("armored", [True, False])
def test_what_our_library_encrypts_age_reads(key: Path, armored: bool) -> None:
    to = pyrage.x25519.Recipient.from_str(recipient(key))
    encrypted = pyrage.encrypt(SECRET.encode(), [to], armored=armored)
    assert run(str(AGE), "--decrypt", "-i", str(key), stdin=encrypted).decode() == SECRET
