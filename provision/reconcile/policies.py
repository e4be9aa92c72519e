"""The policies of a project, from where its settings say."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from provision.policy import NO_POLICIES, Policies
from provision.settings import Settings


def read_policies(settings: Settings, kinds: Collection[str], here: Path) -> Policies:
    """Load and compile them; none where no folder is named and the default one is not there."""
    paths = policy_paths(settings)
    if not paths:
        return NO_POLICIES
    from provision.policy.load import load

    return load(paths, relative_to=here, kinds=kinds)


def policy_paths(settings: Settings) -> list[Path]:
    """The files and folders to read."""
    paths = [settings.root / path for path in settings.policies.paths]
    return paths if settings.policies.is_named else [path for path in paths if path.exists()]
