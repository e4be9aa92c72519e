"""provision.toml: where it is found, and what is said when it does not fit; each message names the line."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import get_args

import pytest

from provision.errors import InvalidInputError
from provision.kinds.registry import kinds_of
from provision.kinds.secret_rules import ROUNDS
from provision.reconcile.job import Site, open_site
from provision.reconcile.request import Request
from provision.secrets.codecs import CODECS
from provision.settings import find_settings, load_settings
from provision.settings.binding import Codec
from tests.project import REPOSITORY, settings_text

MINIMAL = """\
project = "acme"
[kinds.User]
model = "app:User"
key = ["username"]
on_remove.disable = { status = "disabled" }
[kinds.ApiKey]
model = "app:Key"
key = ["user", "name"]
references.user = { kind = "User", column = "user_id" }
on_remove.disable = { is_active = false }
"""


@pytest.fixture(autouse=True)
def _in_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path[:])


def problems(call: object, *arguments: object) -> list[str]:
    with pytest.raises(InvalidInputError) as caught:
        call(*arguments)  # type: ignore[operator]  # a function under test
    return [str(problem) for problem in caught.value.problems]


def load(text: str, name: str = "provision.toml") -> list[str]:
    """The problems of a file with this text."""
    file = Path.cwd() / name
    file.write_text(text, encoding="utf-8")
    return problems(load_settings, file, Path.cwd())


def opened(request: Request) -> Site:
    """The project's bindings and its database."""
    return asyncio.run(open_site(request))


def bind(text: str) -> list[str]:
    """The problems of settings that are well formed and do not fit the application."""
    Path("provision.toml").write_text(text, encoding="utf-8")
    return problems(opened, Request(here=Path.cwd(), environ={"DATABASE_URL": "sqlite:///x.db"}))


def edited(before: str, after: str) -> str:
    """The bindings of the reference backend with one thing changed."""
    text = settings_text()
    assert before in text
    return text.replace(before, after, 1)


def line(fragment: str, text: str) -> int:
    return next(number for number, found in enumerate(text.splitlines(), start=1) if fragment in found)


def test_the_nearest_file_upwards_is_taken(tmp_path: Path) -> None:
    deep = tmp_path / "a" / "b"
    deep.mkdir(parents=True)
    (tmp_path / "provision.toml").write_text(MINIMAL)
    assert find_settings(None, {}, deep) == tmp_path / "provision.toml"
    (tmp_path / "a" / "provision.toml").write_text(MINIMAL)
    assert find_settings(None, {}, deep) == tmp_path / "a" / "provision.toml"


def test_what_is_named_comes_before_what_is_found(tmp_path: Path) -> None:
    (tmp_path / "provision.toml").write_text(MINIMAL)
    named, explicit = tmp_path / "named.toml", tmp_path / "explicit.toml"
    environ = {"PROVISION_CONFIG": str(named)}
    assert find_settings(None, environ, tmp_path) == named
    assert find_settings(explicit, environ, tmp_path) == explicit
    assert find_settings(None, {"PROVISION_CONFIG": ""}, tmp_path) == tmp_path / "provision.toml"


def test_a_table_in_pyproject_serves_as_well(tmp_path: Path) -> None:
    text = MINIMAL.replace("[kinds", "[tool.provision.kinds")
    (tmp_path / "pyproject.toml").write_text(f'[project]\nname = "x"\n[tool.provision]\n{text}')
    found = find_settings(None, {}, tmp_path)
    settings = load_settings(found, tmp_path)
    assert (found, settings.project, settings.root) == (tmp_path / "pyproject.toml", "acme", tmp_path.resolve())


def test_a_pyproject_without_the_table_is_passed_over(tmp_path: Path) -> None:
    (tmp_path / "provision.toml").write_text(MINIMAL)
    below = tmp_path / "package"
    below.mkdir()
    (below / "pyproject.toml").write_text('[project]\nname = "[tool.provision]"\n')
    assert find_settings(None, {}, below) == tmp_path / "provision.toml"


def test_a_problem_in_pyproject_has_its_line_there(tmp_path: Path) -> None:
    text = MINIMAL.replace("[kinds", "[tool.provision.kinds").replace("[tool", "databse = 1\n[tool", 1)
    assert load(f'[project]\nname = "x"\n\n[tool.provision]\n{text}', "pyproject.toml") == [
        "pyproject.toml:6:1: databse: unknown key. Hint: did you mean database?"
    ]


def test_no_file_anywhere_is_said_with_the_ways_to_name_one(tmp_path: Path) -> None:
    [problem] = problems(find_settings, None, {}, tmp_path)
    assert problem == (
        f"no provision.toml in {tmp_path} or above it. "
        "Hint: run where provision.toml is, or name it with --config or PROVISION_CONFIG"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("manifets = []\n" + MINIMAL, "provision.toml:1:1: manifets: unknown key. Hint: did you mean manifests?"),
        (
            MINIMAL.replace("key = [", "kay = [", 1),
            "provision.toml:4:1: kinds.User.kay: unknown key. Hint: did you mean key?",
        ),
        (MINIMAL + "[nonsense]\n", "provision.toml:11:1: nonsense: unknown key. Hint: remove it"),
        (MINIMAL.replace('project = "acme"\n', ""), "provision.toml:1:1: project: is missing. Hint: add it"),
        (MINIMAL.replace('"acme"', "7"), "provision.toml:1:1: project: must be text. Hint: put it in quotes"),
        (
            MINIMAL.replace('"acme"', '"a b"'),
            "provision.toml:1:1: project: is not a project's name.",
        ),
        (
            MINIMAL.replace('"app:User"', '"app.User"'),
            "provision.toml:3:1: kinds.User.model: does not name an object of a module.",
        ),
        ('manifests = "x"\n' + MINIMAL, "provision.toml:1:1: manifests: must be a list."),
        (MINIMAL + "privileges = [1]\n", "provision.toml:11:1: kinds.ApiKey.privileges.0: must be text."),
        (
            MINIMAL + '[secrets]\ncommands = ["vault", "bin/op"]\n',
            "provision.toml:12:1: secrets.commands.1: does not name a program. Hint: write a bare name,",
        ),
        (MINIMAL + "[secrets]\ncommands = [7]\n", "provision.toml:12:1: secrets.commands.0: must be text."),
        (
            MINIMAL + '[secrets]\ncommands = [""]\n',
            "provision.toml:12:1: secrets.commands.0: does not name a program.",
        ),
        (MINIMAL + '[secrets]\nroots = "."\n', "provision.toml:12:1: secrets.roots: must be a list."),
        (
            MINIMAL + "[secrets]\nroot = []\n",
            "provision.toml:12:1: secrets.root: unknown key. Hint: did you mean roots?",
        ),
        (
            MINIMAL + '[secrets]\ncommand_timeout = "half a minute"\n',
            "provision.toml:12:1: secrets.command_timeout: write a duration as 30s, 5m, 1h30m or 90d",
        ),
        (
            MINIMAL + '[secrets]\ncommand_timeout = "0s"\n',
            "provision.toml:12:1: secrets.command_timeout: has to be longer than nothing",
        ),
        (
            MINIMAL + "[secrets]\ncommand_timeout = 30\n",
            "provision.toml:12:1: secrets.command_timeout: must be text.",
        ),
        ("project = \n", "provision.toml:1:1: not valid TOML: invalid value"),
        (MINIMAL + 'project = "x"\nproject = "y"\n', "provision.toml:12:1: not valid TOML: cannot overwrite a value"),
    ],
)
def test_each_problem_names_its_line(text: str, expected: str) -> None:
    found = load(text)
    assert any(problem.startswith(expected) for problem in found), found


def test_the_codecs_that_may_be_named_are_those_that_there_are() -> None:
    assert set(get_args(Codec)) == CODECS.keys()


@pytest.mark.parametrize("codec", get_args(Codec))
def test_a_codec_is_bound_with_its_least_and_its_most_rounds(codec: str) -> None:
    limits = ROUNDS.get(codec)
    plain = ", allow_plaintext = true" if codec == "plaintext" else ""
    for rounds in (f", rounds = {limits.least}", f", rounds = {limits.most}", "") if limits else ("",):
        text = edited('secret = "bcrypt", rounds = 4', f'secret = "{codec}"{rounds}{plain}')
        Path("provision.toml").write_text(text, encoding="utf-8")
        settings = load_settings(Path("provision.toml"), Path.cwd())
        assert kinds_of(settings, lambda _kind: None)["User"].binding.fields["password"].secret == codec


def test_every_problem_is_said_in_one_run() -> None:
    assert len(load(MINIMAL + "a = 1\nb = 2\n[c]\n")) == 3


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    here = Path.cwd()
    assert problems(load_settings, tmp_path / "gone.toml", here) == [
        "gone.toml cannot be read: no such file or directory"
    ]
    assert problems(load_settings, tmp_path, here.parent) == [f"{tmp_path.name} cannot be read: is a directory"]
    (tmp_path / "latin.toml").write_bytes(b'project = "\xe9"')
    assert problems(load_settings, tmp_path / "latin.toml", here) == ["latin.toml not valid UTF-8"]


@pytest.mark.parametrize(
    ("before", "after", "fragment", "expected"),
    [
        (
            'path = "',
            'path = "/nowhere" # "',
            "load =",
            (
                "backend.load: nobackend:load_all_models cannot be imported: there is no module nobackend."
                " Hint: [backend] path is '/nowhere': the folder that holds the application's package"
            ),
        ),
        (
            'load = "backend:load_all_models"',
            'load = "backend:load_everything"',
            "load =",
            "backend.load: backend has no load_everything. Hint: correct the name",
        ),
        (
            "user:User",
            "user:Person",
            "user:Person",
            "kinds.User.model: backend.app.admin.model.user has no Person. Hint: correct the name",
        ),
        (
            "model.user:User",
            "model.person:User",
            "model.person",
            (
                "kinds.User.model: backend.app.admin.model.person:User cannot be imported:"
                " there is no module backend.app.admin.model.person."
            ),
        ),
        (
            "user:User",
            "user:new_uuid",
            "new_uuid",
            (
                "kinds.User.model: backend.app.admin.model.user:new_uuid is not a class that SQLAlchemy maps."
                " Hint: name a mapped class"
            ),
        ),
        (
            'changed_at = "last_password_changed_time"',
            'changed_at = "password_time"',
            "password_time",
            "kinds.User.fields.password: User has no column password_time. Hint: its columns are: avatar, ",
        ),
        (
            'column = "user_id"',
            'column = "owner_id"',
            "owner_id",
            "kinds.ApiKey.references.user.column: APIKey has no column owner_id. Hint: its columns are: ",
        ),
        (
            'generation = "generation"',
            'generation = "version"',
            '"version"',
            "kinds.ApiKey.generation: APIKey has no column version.",
        ),
        (
            "fields.status =",
            "fields.state =",
            "fields.state",
            "kinds.User.fields.state: User has no column state. Hint: its columns are: ",
        ),
        (
            'privileges = ["is_superuser"',
            'privileges = ["nickname"',
            "privileges",
            "kinds.User.privileges: nickname has no safe value in User.",
        ),
        (
            'secret = "sha256"',
            'secret = "rot13"',
            "rot13",
            "kinds.ApiKey.fields.key.secret: must be 'bcrypt', 'argon2', 'scrypt', ",
        ),
        (
            "on_remove.disable = { status = ",
            "on_remove.disable = { state = ",
            "{ state =",
            "kinds.User.on_remove.disable.state: User has no column state. Hint: its columns are: ",
        ),
        (
            '{ status = "disabled" }',
            '{ status = "dissabled" }',
            "dissabled",
            "kinds.User.on_remove.disable.status: status is never 'dissabled'. Hint: one of: active, disabled",
        ),
        (
            'status = "active" }',
            'status = "activ" }',
            '"activ" }',
            "kinds.User.administrators.status: status is never 'activ'. Hint: one of: active, disabled",
        ),
        (
            "{ active = 1, disabled = 0 }",
            "{ active = 1 }",
            "{ active = 1 }",
            "kinds.User.fields.status.values: disabled has no stored value. Hint: add it, as in disabled = 1",
        ),
        (
            "[kinds.User]",
            "[kinds.Person]",
            "references.user =",
            "kinds.ApiKey.references.user.kind: the kind User is not bound. Hint: bind it under [kinds]",
        ),
        (
            'secret = "bcrypt", rounds = 4',
            'secret = "bcrypt", rounds = 21',
            "rounds = 21",
            (
                "kinds.User.fields.password.rounds: the codec bcrypt takes 4 to 20 rounds."
                " Hint: they are bcrypt's cost, each one doubling the work; 12 when left out"
            ),
        ),
        (
            'secret = "bcrypt", rounds = 4',
            'secret = "django", rounds = 999',
            "rounds = 999",
            "kinds.User.fields.password.rounds: the codec django takes 1000 to 10000000 rounds.",
        ),
        (
            'secret = "sha256"',
            'secret = "sha256", rounds = 12',
            "rounds = 12",
            "kinds.ApiKey.fields.key.rounds: the codec sha256 has no rounds. Hint: remove it; those that have: ",
        ),
        (
            "fields.status = {",
            "fields.status = { rounds = 12,",
            "rounds = 12",
            "kinds.User.fields.status.rounds: a field that is no secret has no rounds.",
        ),
        (
            'secret = "sha256"',
            'secret = "plaintext"',
            "plaintext",
            (
                "kinds.ApiKey.fields.key.secret: plaintext lets everybody who reads the database read the secret."
                " Hint: choose a codec that hashes, or add allow_plaintext = true if the application wants it so"
            ),
        ),
        (
            'secret = "sha256"',
            'secret = "sha256", allow_plaintext = true',
            "allow_plaintext",
            'kinds.ApiKey.fields.key.allow_plaintext: only secret = "plaintext" has it. Hint: remove it',
        ),
        (
            'secret = "sha256"',
            'secret = "sha256", accepts = ["bcrypt"]',
            "accepts",
            (
                "kinds.ApiKey.fields.key.accepts: the codec sha256 is of no password, and has no other forms."
                " Hint: remove it; those that have: argon2, bcrypt, django, pbkdf2, scrypt, werkzeug"
            ),
        ),
        (
            "fields.status = {",
            'fields.status = { accepts = ["bcrypt"],',
            "accepts",
            "kinds.User.fields.status.accepts: the field is no password, and has no other forms. Hint: remove it; ",
        ),
        (
            'secret = "bcrypt"',
            'secret = "bcrypt", accepts = ["argon2", "bcrypt"]',
            "accepts",
            "kinds.User.fields.password.accepts: bcrypt is the field's own codec. Hint: name the other forms only",
        ),
        (
            'secret = "bcrypt"',
            'secret = "bcrypt", accepts = ["argon2", "argon2"]',
            "accepts",
            "kinds.User.fields.password.accepts: names a form twice. Hint: each form once",
        ),
        (
            'secret = "bcrypt"',
            'secret = "bcrypt", accepts = ["sha256"]',
            "accepts",
            "kinds.User.fields.password.accepts.0: must be 'bcrypt', 'argon2', ",
        ),
    ],
)
def test_a_binding_that_does_not_fit_names_its_line(before: str, after: str, fragment: str, expected: str) -> None:
    text = edited(before, after)
    if "/nowhere" in after:
        text = text.replace('load = "backend:', 'load = "nobackend:')
    found = bind(text)
    wanted = f"provision.toml:{line(fragment, text)}:1: {expected}"
    assert any(problem.startswith(wanted) for problem in found), found


def test_a_loader_that_fails_is_said_without_its_message() -> None:
    Path("failing.py").write_text("def load():\n    raise RuntimeError('postgresql://me:hunter2@host/db')\n")
    text = edited("backend:load_all_models", "failing:load").replace(REPOSITORY.as_posix(), ".")
    [problem] = bind(text)
    assert problem == (
        "provision.toml:4:1: backend.load: failing:load cannot be used: it raised RuntimeError. "
        "Hint: see why with: python -c 'from failing import load as it; it()'"
    )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("oracle://me@host/db", "DATABASE_URL names oracle, which is not supported."),
        ("mysql://me:hunter2@host", "DATABASE_URL names no database."),
        ("mariadb://me:hunter2@host/", "DATABASE_URL names no database."),
        ("nonsense", "DATABASE_URL is not a database URL."),
        ("postgresql://me:hunter2@host:port/db", "DATABASE_URL is not a database URL."),
    ],
)
def test_a_database_url_that_cannot_be_used_is_not_quoted(url: str, expected: str) -> None:
    Path("provision.toml").write_text(settings_text(), encoding="utf-8")
    [problem] = problems(opened, Request(here=Path.cwd(), environ={"DATABASE_URL": url}))
    assert problem.startswith(expected)
    assert "hunter2" not in problem


@pytest.mark.parametrize("backend", ["mysql", "mariadb"])
@pytest.mark.parametrize("driver", ["", "+asyncmy", "+pymysql"])
def test_mysql_and_mariadb_are_reached_through_asyncmy(tmp_path: Path, backend: str, driver: str) -> None:
    (tmp_path / "provision.toml").write_text(settings_text(), encoding="utf-8")
    url = f"{backend}{driver}://me:hunter2@db.example.com/app?charset=latin1"
    target = opened(Request(here=tmp_path, environ={"DATABASE_URL": url})).target
    assert target.url.drivername == f"{backend}+asyncmy"
    assert target.shown == f"{backend}://me:***@db.example.com/app"


def test_the_databases_order_of_precedence(tmp_path: Path) -> None:
    def shown(environ: dict[str, str]) -> str:
        return opened(Request(here=tmp_path, environ=environ)).target.shown

    file = tmp_path / "provision.toml"
    file.write_text(settings_text(), encoding="utf-8")
    both = {"PROVISION_DATABASE_URL": "sqlite:///first.db", "DATABASE_URL": "sqlite:///second.db"}
    assert shown(both).endswith("///first.db")
    assert shown({"DATABASE_URL": "sqlite:///second.db"}).endswith("///second.db")
    assert shown({}).endswith(f"///{tmp_path}/provision.db")
    file.write_text(settings_text() + '\n[database]\nurl = "sqlite:///data/third.db"\n', encoding="utf-8")
    assert shown({}).endswith(f"///{tmp_path}/data/third.db")
    assert shown(both).endswith("///first.db")
    url_from = '\n[database]\nurl_from = "backend.common.model:NAMES"\n'
    file.write_text(settings_text() + url_from, encoding="utf-8")
    assert "is not a database URL" in problems(opened, Request(here=tmp_path, environ={}))[0]


def test_a_postgresql_url_is_shown_without_password_and_options(tmp_path: Path) -> None:
    (tmp_path / "provision.toml").write_text(settings_text(), encoding="utf-8")
    url = "postgresql://me:hunter2@db.example.com:5433/app?password=hunter3"
    site = opened(Request(here=tmp_path, environ={"DATABASE_URL": url}))
    assert site.target.shown == "postgresql://me:***@db.example.com:5433/app"
    assert "hunter" not in repr(site.target)
