"""The identities that decrypt age: where they come from, and what they open."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from provision.secrets.files import UnreadableFileError, read_named
from provision.secrets.sources.file import public_warning
from provision.secrets.sources.source import Surroundings, UnequippedSourceError, UnreadableSecretError
from provision.secrets.sources.text import MAX_BYTES

TEXT_VARIABLE = "PROVISION_AGE_IDENTITY"
FILE_VARIABLE = "PROVISION_AGE_IDENTITY_FILE"
_SSH = "-----BEGIN "
_ENCRYPTED = ("age-encryption.org/", "-----BEGIN AGE ENCRYPTED FILE-----")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyring:
    """Identities at hand."""

    pyrage: Any
    identities: tuple[Any, ...]
    origin: str
    warnings: tuple[str, ...]

    def decrypt(self, encrypted: bytes, what: str) -> bytes:
        """The clear text, from binary or armored form; raises UnreadableSecretError."""
        try:
            clear: bytes = self.pyrage.decrypt(encrypted, list(self.identities))
        except self.pyrage.DecryptError as error:
            if "No matching keys" in str(error):
                hint = "encrypt it to the recipient of that identity, or give the identity that it is encrypted to"
                raise UnreadableSecretError(f"{what} cannot be decrypted by {self.origin}", hint) from None
            hint = "it is damaged, or not encrypted with age: age --encrypt --armor -r RECIPIENT"
            raise UnreadableSecretError(f"{what} is not a whole age file", hint) from None
        return clear


def load_keyring(surroundings: Surroundings) -> Keyring:
    """The identities of the first place that names any; raises UnequippedSourceError, without a piece of them."""
    try:
        pyrage = import_module("pyrage")
    except ImportError:
        raise UnequippedSourceError("age needs pyrage", 'install it: pip install "provision-db[age]"') from None
    text, origin, warnings = _text(surroundings)
    identities = tuple(_identities(pyrage, text, origin))
    if not identities:
        raise UnequippedSourceError(f"{origin} holds no identity", "age-keygen makes one: AGE-SECRET-KEY-1…")
    return Keyring(pyrage=pyrage, identities=identities, origin=origin, warnings=warnings)


def _text(surroundings: Surroundings) -> tuple[str, str, tuple[str, ...]]:
    environ, settings = surroundings.environ, surroundings.settings
    if text := environ.get(TEXT_VARIABLE):
        return text, f"the identity in {TEXT_VARIABLE}", ()
    if named := environ.get(FILE_VARIABLE):
        return _file(Path(named))
    if named := settings.secrets.age_identity:
        return _file(settings.root / _at_home(named, environ.get("HOME", "")))
    raise UnequippedSourceError(
        "age needs an identity to decrypt with",
        f"export {TEXT_VARIABLE} or {FILE_VARIABLE}, or set age_identity in [secrets] of provision.toml",
    )


def _at_home(named: str, home: str) -> str:
    return home + named[1:] if home and named.startswith("~/") else named


def _file(path: Path) -> tuple[str, str, tuple[str, ...]]:
    origin = f"the identity file {path}"
    try:
        content = read_named(path, limit=MAX_BYTES)
    except UnreadableFileError as error:
        raise UnequippedSourceError(f"{origin} {error.message}", error.hint) from None
    text = content.data.decode("utf-8", "replace")
    return text, origin, (public_warning(origin),) if content.is_public else ()


def _identities(pyrage: Any, text: str, origin: str) -> Iterator[Any]:
    """An SSH key takes the whole text; else each line is an identity, a comment, or nothing."""
    if text.lstrip().startswith(_ENCRYPTED):
        hint = f"decrypt it, and give its text in {TEXT_VARIABLE}"
        raise UnequippedSourceError(f"{origin} is encrypted with a passphrase", hint)
    if text.lstrip().startswith(_SSH):
        yield _ssh(pyrage, text, origin)
        return
    for number, line in enumerate(map(str.strip, text.splitlines()), start=1):
        if line and not line.startswith("#"):
            yield _native(pyrage, line, f"{origin}, line {number},")


def _ssh(pyrage: Any, text: str, origin: str) -> Any:
    try:
        return pyrage.ssh.Identity.from_buffer((text.strip() + "\n").encode("utf-8", "replace"))
    except pyrage.IdentityError:
        hint = "age takes ssh-ed25519 and ssh-rsa keys without a passphrase"
        raise UnequippedSourceError(f"{origin} is not an SSH key that age can use", hint) from None


def _native(pyrage: Any, line: str, where: str) -> Any:
    try:
        return pyrage.x25519.Identity.from_str(line)
    except (pyrage.IdentityError, UnicodeEncodeError):
        hint = "an identity is one line, AGE-SECRET-KEY-1…, as age-keygen prints it"
        raise UnequippedSourceError(f"{where} is not an identity of age", hint) from None
