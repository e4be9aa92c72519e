"""Many applies, each in a folder of its own with manifests of its own, of one project and of another one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from shutil import copytree

from tests.faults.strike import run_struck
from tests.project import Outcome, Project, settings_text, user

OURS, THEIRS = "acme", "umbrella"
STALE_SAID = "Error: something changed since this was planned, nothing was written"


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One of the applies: in a folder of its own, under a name of its own."""

    project: Project
    options: tuple[str, ...] = ()

    @property
    def actor(self) -> str:
        return self.project.environ["PROVISION_ACTOR"]

    def apply(self) -> Outcome:
        return run_struck(self.project, "apply", *self.options)[0]


def declared(name: str, email: str) -> str:
    return user(name, f"email: {email}")


def beside(project: Project, actor: str, manifests: str, *, of: str = OURS) -> Project:
    """Another checkout, of this project or another one, on the same database."""
    folder = project.folder.parent / actor
    copytree(project.folder, folder)
    (folder / "provision.toml").write_text(settings_text(of), encoding="utf-8")
    made = replace(project, folder=folder, environ={"PROVISION_ACTOR": actor})
    made.write(manifests)
    return made


def storm(project: Project, turn: int = 0, runs: int = 8) -> list[Run]:
    """Four that all want the same field, three that want nothing of each other's, and one that removes the rest."""
    found = []
    for number in range(runs):
        actor = f"run-{turn}-{number}"
        manifests = declared(actor, f"{actor}@example.com")
        if number < 4:
            manifests += declared("shared", f"shared-{turn}-{number}@example.com")
        options = ("--prune", "--max-removals", "100%") if number == runs - 1 else ()
        found.append(Run(project=beside(project, actor, manifests), options=options))
    return found


def storm_of_theirs(project: Project, turn: int = 0, runs: int = 2) -> list[Run]:
    actors = [f"their-{turn}-{number}" for number in range(runs)]
    return [
        Run(project=beside(project, actor, declared(actor, f"{actor}@example.com"), of=THEIRS)) for actor in actors
    ]
