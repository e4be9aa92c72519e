"""A saved plan on its way from one checkout to another."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.project import Project

KEY = {"PROVISION_FINGERPRINT_KEY": "0123456789abcdef0123456789abcdef"}


def another_checkout(project: Project, folder: Path) -> Project:
    """The same commit below this folder, for the same database."""
    checkout = folder / "elsewhere" / "checkout"
    shutil.copytree(project.folder, checkout)
    return replace(project, folder=checkout)


def carry(plan: dict[str, Any], project: Project) -> None:
    """Bring the plan along, as an artifact of CI comes along."""
    (project.folder / "plan.json").write_text(json.dumps(plan), encoding="ascii")


def private(project: Project) -> None:
    """Nobody is to see e-mail addresses."""
    settings = project.folder / "provision.toml"
    text = settings.read_text(encoding="utf-8")
    place = "fields.password"
    settings.write_text(text.replace(place, f"fields.email = {{ private = true }}\n{place}", 1), encoding="utf-8")
