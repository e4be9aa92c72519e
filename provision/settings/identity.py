"""Who runs this, and from which commit: taken from the CI system's variables, or from the machine."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from provision.settings.ci import System, filled_in, system_of
from provision.settings.work_tree import checked_out

_NOBODY = System(mark="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who, from what, and the page of the CI job; each fits the ledger's column."""

    actor: str
    commit: str | None
    branch: str | None
    job_url: str | None


def who(environ: Mapping[str, str]) -> str:
    """Who runs this and where, for those who wait for it to end."""
    actor = _actor(environ)
    return _fitting(f"{actor} on {socket.gethostname()}" if actor else _login(), 255)


def identify(environ: Mapping[str, str], folder: Path) -> Identity:
    """Who runs this: our own variables first, then the CI system's, then the login and the folder's work tree."""
    system = system_of(environ) or _NOBODY
    tree = checked_out(folder)
    commit = filled_in(("{PROVISION_COMMIT}", *system.commit), environ)
    branch = filled_in(system.branch, environ)
    branch = branch and branch.removeprefix("refs/heads/")
    # What a system tells and what a work tree tells are not mixed: they may be about different commits.
    by_tree = commit is None and branch is None
    return Identity(
        actor=_fitting(_actor(environ) or _login(), 255),
        commit=_fitted(tree.commit if by_tree else commit, 64),
        branch=_fitted(tree.branch if by_tree else branch, 255),
        job_url=_without_login(filled_in(system.job_url, environ)),
    )


def _actor(environ: Mapping[str, str]) -> str | None:
    return filled_in(("{PROVISION_ACTOR}", *(system_of(environ) or _NOBODY).actor), environ)


def _login() -> str:
    return f"{_user()}@{socket.gethostname()}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in the password file
        return "unknown"


def _without_login(url: str | None) -> str | None:
    """A link for people: no user, no password, and nothing but the web."""
    if url is None:
        return None
    try:
        parts = urlsplit(url.replace(" ", "%20"))  # a project of Azure may have them in its name
    except ValueError:
        return None
    if parts.scheme not in ("http", "https"):
        return None
    return _fitting(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])), 2048)


def _fitted(text: str | None, length: int) -> str | None:
    return None if text is None else _fitting(text, length)


def _fitting(text: str, length: int) -> str:
    """What every database stores: bytes that are no UTF-8 come from the system as lone surrogates."""
    return text.encode("utf-8", "replace").decode("utf-8")[:length]
