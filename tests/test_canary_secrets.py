"""A canary in every source and every sink: nothing that a run writes, shows or keeps in reach gives a secret away."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pyrage
import pytest
from rich.traceback import Traceback

from provision.core.address import parse_address
from provision.core.environment import Environment
from provision.core.rotation import Forced
from provision.core.secret import Secret, StoredSecret
from provision.errors import ProvisionError
from provision.reconcile import run
from provision.reconcile.job import resolve
from provision.reconcile.propose import look, propose
from provision.reconcile.request import Request
from provision.secrets.compute import make_secrets
from tests.canary import dump_database, find_leaks
from tests.engine.runs import request
from tests.faults.strike import COMMIT, COMMITTED, Strike, run_struck
from tests.project import Project, api_key, make_project, user

FORMATS = ("text", "json", "markdown", "html")
SOURCES = {name: f"Canary-{name}-Zq8vT3pL" for name in ("env", "file", "age", "command")}
IDENTITY = pyrage.x25519.Identity.generate()
OURS = {
    "PROVISION_AGE_IDENTITY": str(IDENTITY),
    "PROVISION_FINGERPRINT_KEY": "Canary-fingerprint-key-of-more-than-32-bytes",
    "PROVISION_KEY_PEPPER": "Canary-pepper-that-has-more-than-32-bytes",
}
SINKS = {
    "raw": "file: {path: ../out/raw}",
    "env": "file: {path: ../out/env, format: env, name: TOKEN}",
    "json": "file: {path: ../out/json, format: json, name: token}",
    "age": f"age_file: {{path: ../out/age, recipients: [{IDENTITY.to_public()}]}}",
    "kubernetes": "kubernetes_secret: {path: ../out/kubernetes, name: ci, key: token}",
    "command": "command: [vault, put]",
    "github": "github_output: {name: token}",
}
MASK = re.compile(r"^::add-mask::(.+)$", re.MULTILINE)
# Of a run that failed nobody knows what it made, but for this.
KEY = re.compile("acme_[0-9A-Za-z]{8}")
FORMS = {
    "env": "from: {env: CANARY}",
    "file": "from: {file: secret.txt}",
    "age": "from: {age: {file: secret.age}}",
    "command": "from: {command: [vault, get]}",
}


def declare(project: Project, *, without: str = "") -> None:
    """A password from every source but one, a password that is made, and a made key for every sink."""
    people = [
        user(name, f"password: {{{source}, update: always}}") for name, source in FORMS.items() if name != without
    ]
    people.append(user("bot", "password: {generate: {length: 24}, deliver_to: [{file: {path: ../out/password}}]}"))
    keys = [
        api_key(
            "bot",
            name,
            "key: {generate: {prefix: acme}}",
            f"deliver_to: [{{{sink}}}]",
            "rotate: {every: 90d, overlap: 7d}",
        )
        for name, sink in SINKS.items()
    ]
    project.write("".join([*people, *keys]))


@pytest.fixture
def project(tmp_path: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A project that uses all there is, and a program that is both a source and a sink."""
    made = make_project(tmp_path / "project", database_url)
    settings = made.folder / "provision.toml"
    text = settings.read_text().replace('secret = "sha256"', 'secret = "hmac_sha256"')
    settings.write_text(f'{text}\n[secrets]\ncommands = ["vault"]\n')
    vault = made.folder / "vault"
    vault.write_text(
        "#!/bin/sh\n"
        f"[ -e '{made.folder}/sealed' ] && {{ echo given: >&2; tee /dev/stderr | rev >&2; env >&2; exit 3; }}\n"
        f"case \"$1\" in get) echo {SOURCES['command']};; *) cat > '{made.folder}/out/command';; esac\n"
    )
    vault.chmod(0o755)
    github = made.folder / "github"
    github.touch()
    made.environ.update(
        OURS,
        CANARY=SOURCES["env"],
        PATH=f"{made.folder}:{os.environ['PATH']}",
        PYTHONASYNCIODEBUG="1",
        GITHUB_ACTIONS="true",
        GITHUB_OUTPUT=str(github),
    )
    declare(made)
    made.write(SOURCES["file"], "secret.txt")
    (made.folder / "manifests" / "secret.age").write_bytes(
        pyrage.encrypt(SOURCES["age"].encode(), [IDENTITY.to_public()])
    )
    monkeypatch.chdir(made.folder)
    return made


def delivered(project: Project) -> set[str]:
    """What the sinks hold now, in clear."""
    out = project.folder / "out"
    if not out.is_dir():
        return set()
    read: Mapping[str, Callable[[bytes], str]] = {
        "raw": bytes.decode,
        "password": bytes.decode,
        "command": bytes.decode,
        "env": lambda data: data.decode().strip().removeprefix("TOKEN="),
        "json": lambda data: str(json.loads(data)["token"]),
        "age": lambda data: bytes(pyrage.decrypt(data, [IDENTITY])).decode(),
        "kubernetes": lambda data: base64.b64decode(
            re.findall(r"token\"?: \"?([A-Za-z0-9+/=]+)", data.decode())[0]
        ).decode(),
    }
    found = {decode((out / name).read_bytes()) for name, decode in read.items() if (out / name).exists()}
    return found | set(re.findall(r"^acme_\w+$", (project.folder / "github").read_text(), re.MULTILINE))


class Search:
    """Everything that was written or shown, and every secret that there has been."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.secrets = {*SOURCES.values(), *OURS.values()}
        self.texts: dict[str, str] = {}

    def add(self, name: str, text: str) -> None:
        """Take a text; in it a mask is where a secret may stand, as long as the output of GitHub has it too."""
        self.secrets |= delivered(self.project)
        output = (self.project.folder / "github").read_text()
        for value in MASK.findall(text):
            assert value in output
        self.texts[name] = MASK.sub("::add-mask::", text)

    def leaks(self) -> list[str]:
        """Where any of them is found; what is nowhere else is in the sinks."""
        self.add("tables", asyncio.run(dump_database(self.project.url)))
        made = [f"{name}: a key" for name, text in self.texts.items() if KEY.search(text)]
        return [*made, *find_leaks(sorted(self.secrets), self.texts)]


def test_no_secret_is_in_any_report_log_or_table(project: Project) -> None:
    search = Search(project)
    commands = (
        ("validate",),
        ("plan",),
        ("apply",),
        ("rotate", "ApiKey/bot/raw", "ApiKey/bot/github", "ApiKey/bot/command"),
        ("plan", "--as-of", "+91d"),
    )
    masks = 0
    for form in FORMATS:
        for command in commands:
            how = () if command == ("validate",) else ("--format", form)
            done = project.run("--log-level", "debug", *command, *how)
            assert done.code == 0, (command, done.stdout, done.stderr)
            assert done.stdout
            masks += len(MASK.findall(done.stderr))
            assert not MASK.findall(done.stdout)
            search.add(f"{command} {form}", done.stdout + done.stderr)
    # Eight are made at first, and three in each rotation; one of those goes to GitHub.
    assert len(search.secrets - {*SOURCES.values(), *OURS.values()}) == 8 + 3 * len(FORMATS)
    assert masks == 1 + len(FORMATS)
    assert search.leaks() == []


def refuse(project: Project) -> str:
    """Have the database refuse every new key; returns the statement that ends it."""
    if project.url.startswith("sqlite"):
        project.sql("CREATE TRIGGER refuse BEFORE INSERT ON sys_api_key BEGIN SELECT RAISE(ABORT, 'refused'); END")
        return "DROP TRIGGER refuse"
    project.sql("ALTER TABLE sys_api_key ADD CONSTRAINT refuse CHECK (key_hash = 'none')")
    return "ALTER TABLE sys_api_key DROP CONSTRAINT refuse"


def test_no_failure_gives_a_secret_away(project: Project) -> None:
    search = Search(project)
    relent = refuse(project)
    for form in FORMATS:
        done = project.run("--log-level", "debug", "apply", "--format", form)
        assert done.code == 1
        search.add(f"database {form}", done.stdout + done.stderr)
    project.sql(relent)
    for moment in (COMMIT, COMMITTED):
        outcome, _ = run_struck(project, "apply", strike=Strike(moment=moment, action="interrupt"))
        search.add(f"interrupted {moment}", outcome.stdout + outcome.stderr)
    assert project.run("apply").code == 0
    (project.folder / "sealed").touch()
    for form in FORMATS:
        done = project.run("--log-level", "debug", "apply", "--format", form)
        assert done.code == 1
        assert "ended with exit code 3" in done.stdout + done.stderr
        search.add(f"source {form}", done.stdout + done.stderr)
    declare(project, without="command")
    rotate = ("rotate", *(f"ApiKey/bot/{name}" for name in SINKS))
    for form in FORMATS:
        done = project.run("--log-level", "debug", *rotate, "--format", form)
        assert done.code == 1
        assert "is not delivered: the command vault ended with exit code 3" in done.stdout + done.stderr
        search.add(f"sink {form}", done.stdout + done.stderr)
    search.secrets |= {path.read_text() for path in (project.folder / ".provision").iterdir()}
    assert len(search.secrets) > 30
    assert search.leaks() == []


def fail(*_: object) -> None:
    """Stop a run in the middle, as a defect would."""
    raise RuntimeError("stopped")


def fail_at(label: str) -> Callable[[str, int, int], None]:
    """Stop it where this sort of work is reported."""
    return lambda at, _done, _total: fail() if at == label else None


def rendered(error: BaseException) -> str:
    """A traceback with the values of all variables, as an error tracker or rich shows it."""
    text = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
    assert "environ" in text  # the variables are there
    shown = Traceback.extract(
        type(error), error, error.__traceback__, show_locals=True, locals_max_length=10_000, locals_max_string=10_000
    )
    # Laid out on a console it takes minutes, and says no more.
    variables = [node for stack in shown.stacks for frame in stack.frames for node in (frame.locals or {}).values()]
    assert variables
    return "\n".join([text, *(node.render(max_width=1000) for node in variables)])


def test_no_traceback_with_variables_gives_a_secret_away(project: Project) -> None:
    search = Search(project)
    asked = request(project)
    attempts: dict[str, tuple[Request, Callable[[Any], None]]] = {
        "approve": (asked, fail),
        "hashing": (replace(asked, progress=fail_at("hashing")), lambda _: None),
        "writing": (replace(asked, progress=fail_at("writing")), lambda _: None),
    }
    for name, (wanted, approve) in attempts.items():
        search.add(name, _failure(wanted, approve))
    relent = refuse(project)
    search.add("database", _failure(asked, lambda _: None))
    project.sql(relent)
    assert project.run("apply").code == 0
    other = dict(project.environ)
    project.environ["PROVISION_FINGERPRINT_KEY"] = "Canary-another-fingerprint-key-of-32-bytes"
    search.add("verifying", _failure(replace(request(project), progress=fail_at("verifying")), fail))
    project.environ.update(other)
    (project.folder / "sealed").touch()
    search.add("source", _failure(asked, fail))
    declare(project, without="command")
    raw = parse_address("ApiKey/bot/command")
    search.add("sink", _failure(replace(asked, rotate={raw: Forced()}), lambda _: None))
    search.secrets |= {path.read_text() for path in (project.folder / ".provision").iterdir()}
    assert search.leaks() == []


def _failure(wanted: Request, approve: Callable[[Any], None]) -> str:
    try:
        asyncio.run(run.apply(wanted, approve))
    except (ProvisionError, RuntimeError) as error:
        return rendered(error)
    raise AssertionError("it did not fail")


def test_nothing_in_reach_of_a_run_shows_a_secret(project: Project) -> None:
    search = Search(project)

    async def everything() -> list[object]:
        job = await resolve(request(project))
        view = propose(job, await look(job))
        slots = [
            (change.address, item.name) for change in view.plan.changes for item in change.fields if item.deliver_to
        ]
        made = make_secrets(slots, job.materials, lambda _done, _total: None)
        search.secrets |= {secret.reveal() for secret in made.generated.values()}
        assert made.generated
        return [job, view, made]

    shown = list(_shown(asyncio.run(everything()), set()))
    assert len(shown) > 200
    search.add("objects", "\n".join(shown))
    assert search.leaks() == []


def _shown(value: object, seen: set[int]) -> Iterator[str]:
    """The repr of this, and of all that it holds where somebody may come by."""
    if id(value) in seen:
        return
    seen.add(id(value))
    yield repr(value)
    if isinstance(value, (str, bytes, int, float, Secret, StoredSecret, type)):
        return
    held: list[object] = list(getattr(value, "__dict__", {}).values())
    if is_dataclass(value):
        held += [getattr(value, field.name) for field in fields(value) if field.repr]
    if isinstance(value, Mapping) and not isinstance(value, Environment):
        held += [*value.keys(), *value.values()]
    if isinstance(value, (list, tuple, set, frozenset)):
        held += value
    for item in held:
        if type(item).__module__.startswith(("provision", "builtins")):
            yield from _shown(item, seen)
