"""Who runs this, and from which commit: taken from the CI system's variables, or from the machine."""

from __future__ import annotations

import getpass
import socket
from collections.abc import Mapping

# GitHub Actions ("Variables reference") and GitLab CI ("Predefined variables").
ACTORS = ("PROVISION_ACTOR", "GITHUB_ACTOR", "GITLAB_USER_LOGIN")
COMMITS = ("PROVISION_COMMIT", "GITHUB_SHA", "CI_COMMIT_SHA")


def actor(environ: Mapping[str, str]) -> str:
    """A name for the ledger, at most 255 characters."""
    named = _first(environ, ACTORS)
    return (named or f"{_user()}@{socket.gethostname()}")[:255]


def who(environ: Mapping[str, str]) -> str:
    """Who runs this and where, for those who wait for it to end."""
    named = _first(environ, ACTORS)
    return f"{named} on {socket.gethostname()}" if named else actor(environ)


def commit(environ: Mapping[str, str]) -> str | None:
    """The commit that is applied, where the environment tells it."""
    found = _first(environ, COMMITS)
    return found[:64] if found else None


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user without an entry in the password file
        return "unknown"


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((environ[name] for name in names if environ.get(name)), None)
