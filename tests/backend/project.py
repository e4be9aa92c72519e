"""A copy of the backend in a folder of its own, so that its embedded database is not the developer's."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A folder that holds `backend/`, with the environment that its commands run in."""

    folder: Path
    environment: dict[str, str]

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command in the folder; the tools of the virtual environment are found by their names."""
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment | variables,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def python(self, source: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a script that lies beside `backend/`, with every warning an error."""
        script = self.folder / "script.py"
        script.write_text(source)
        return self.run("python", "-W", "error", str(script), **variables)


def copied_project(folder: Path) -> Project:
    """Copy the backend into `folder`; no variable of the database is set in its environment."""
    shutil.copytree(REPOSITORY / "backend", folder / "backend", ignore=shutil.ignore_patterns("__pycache__"))
    tools = str(Path(sys.executable).parent)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
    # Only the copy: the checkout itself is importable too, through the editable installation.
    return Project(
        folder=folder,
        environment=kept | {"PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(folder)},
    )
