"""docs/guides/least-privilege.sql: what two logins can do with it, and that every part of it is needed."""

from __future__ import annotations

import asyncio
import re
import secrets
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from backend.app.admin.model.user import User
from provision.cli.entry import run
from provision.reconcile.run import migrate
from tests.engine.runs import content, request
from tests.engine.test_old_ledger import age
from tests.postgres import Server
from tests.project import REPOSITORY, Outcome, Project, api_key, make_project, user
from tests.sample import IS_EXHAUSTIVE

SCRIPT = re.sub("--.*", "", (REPOSITORY / "docs" / "guides" / "least-privilege.sql").read_text(encoding="utf-8"))
STATEMENTS = [" ".join(statement.split()) for statement in SCRIPT.split(";") if statement.strip()]
GRANT = re.compile(r"GRANT (?P<privileges>[A-Z, ]+) ON (?P<what>SEQUENCE )?(?P<objects>[\w, ]+) TO (?P<role>\w+)")
READER, WRITER = "provision_plan", "provision_apply"


@dataclass(frozen=True, slots=True, kw_only=True)
class Right:
    """Something that the script grants; `objects` are names of tables, or with `what` of sequences."""

    privileges: str
    objects: str
    role: str
    what: str = ""

    def __str__(self) -> str:
        return f"{self.privileges} ON {self.what}{self.objects} TO {self.role}"


def rights() -> Iterator[Right]:
    """Each GRANT of the script; exhaustively, each privilege on each object by itself."""
    for statement in STATEMENTS:
        if found := GRANT.fullmatch(statement):
            whole = Right(**{name: value or "" for name, value in found.groupdict().items()})
            yield from _each(whole) if IS_EXHAUSTIVE else [whole]


def _each(whole: Right) -> Iterator[Right]:
    for name in whole.objects.split(", "):
        for privilege in whole.privileges.split(", "):
            yield replace(whole, privileges=privilege, objects=name)


RIGHTS = list(rights())
KEY = ("key: {generate: {prefix: acme}}", "deliver_to: [{file: {path: ../out/ci.key}}]")
DELETED = ["lifecycle: {on_remove: delete}"]


def named(kind: str, name: str, *lines: str, metadata: Sequence[str] = ()) -> str:
    """A department or a role."""
    head = f"---\napiVersion: provision/v1\nkind: {kind}\nmetadata:\n  name: {name}\n"
    return head + "".join(f"  {line}\n" for line in metadata) + "spec:\n" + "".join(f"  {line}\n" for line in lines)


def declared(role: str = "auditor", sort: int = 1) -> str:
    """What stays: with another role and another sort key, every kind changes."""
    return (
        named("Dept", "Sales", f"sort: {sort}")
        + named("Role", "auditor", f"remark: r{sort}")
        + named("Role", "clerk", f"remark: r{sort}")
        + user("root", "is_superuser: true", "password: {from: {env: PASSWORD}, update: always}")
        + user("alice", f"email: a{sort}@example.com", f"roles: [{role}]", "dept: Sales")
        + api_key("alice", "ci", *KEY)
    )


GOING = (
    named("Dept", "Closed", "sort: 9", metadata=DELETED)
    + named("Role", "former", "remark: x", metadata=DELETED)
    + user("temp", metadata=DELETED)
    + api_key("temp", "old", f"key: {{hash: {'a' * 64}}}", metadata=DELETED)
    + user("bob")
)
RENAMED = user("robert", metadata=["previously: [bob]"])
Provision = Callable[..., Outcome]
# Who runs what, after the manifests have become these.
Step = tuple[str, Sequence[str], str | None]
STEPS: Sequence[Step] = (
    (READER, ["plan"], declared() + GOING),
    (WRITER, ["apply"], None),
    (READER, ["plan", "--prune", "-o", "plan.json"], declared("clerk", 2) + GOING.replace(user("bob"), RENAMED)),
    (WRITER, ["apply", "plan.json"], None),
    (WRITER, ["rotate", "ApiKey/alice/ci", "--revoke-old-now"], None),
    (WRITER, ["apply", "--prune", "--max-removals", "100%"], declared("clerk", 2)),
    (WRITER, ["rollback", "RUN", "--apply"], None),
    (READER, ["plan"], None),
    (READER, ["rollback", "RUN"], None),
    (READER, ["history", "show", "RUN"], None),
    (READER, ["history", "verify"], None),
    (READER, ["explain", "User/alice"], None),
    (READER, ["validate", "--online"], None),
    (READER, ["export", "--output", "exported"], None),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A project for the owner of its tables, who is no superuser, and the script's roles on this server."""

    project: Project
    server: Server
    roles: dict[str, str]

    def as_role(self, role: str) -> Project:
        """The same for a role of the script."""
        database = str(make_url(self.project.url).database)
        return replace(self.project, url=self.server.url(database, user=self.roles[role]))

    def run_script(self) -> None:
        """What an administrator does with the script."""
        for statement in STATEMENTS:
            self.project.sql(self.named(statement))

    def named(self, statement: str) -> str:
        """The statement with the names of the roles on this server."""
        for role, name in self.roles.items():
            statement = re.sub(rf"\b{role}\b", name, statement)
        return statement


@pytest.fixture(scope="module")
def template(postgres_server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Tables, a ledger, and the script has run."""
    database, owner = postgres_server.create_database(), postgres_server.create_role("owner")
    postgres_server.execute(f"ALTER ROLE {owner} CREATEROLE", f"ALTER DATABASE {database} OWNER TO {owner}")
    roles = {role: f"{role}_{postgres_server.mark}_{secrets.token_hex(4)}" for role in (READER, WRITER)}
    made = make_project(tmp_path_factory.mktemp("template"), postgres_server.url(database, user=owner))
    site = Site(project=made, server=postgres_server, roles=roles)
    asyncio.run(migrate(request(made)))
    site.run_script()
    yield site
    postgres_server.drop_database(database)


@pytest.fixture
def granted(template: Site, tmp_path: Path) -> Iterator[Site]:
    """A copy of it."""
    url = make_url(template.project.url)
    name = f"{url.database}_{secrets.token_hex(4)}"
    template.server.copy_database(str(url.database), name)
    # Who may create tables in the schema public follows from it.
    template.server.execute(f"ALTER DATABASE {name} OWNER TO {url.username}")
    shutil.copytree(template.project.folder, tmp_path / "project")
    copy = url.set(database=name).render_as_string(hide_password=False)
    yield replace(template, project=Project(folder=tmp_path / "project", url=copy))
    template.server.drop_database(name)


@pytest.fixture
def provision(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Provision:
    """The program, in this process."""

    def provision(project: Project, *arguments: str) -> Outcome:
        monkeypatch.chdir(project.folder)
        for name, value in {**project.environment(), "PASSWORD": "opensesame-4711"}.items():
            monkeypatch.setenv(name, value)
        capsys.readouterr()
        code = run(arguments)
        printed = capsys.readouterr()
        return Outcome(code=code, stdout=printed.out, stderr=printed.err)

    return provision


def all_steps(site: Site, provision: Provision) -> Outcome:
    """Run the steps until one ends otherwise than with 0; returns the outcome of the last one."""
    for role, arguments, manifests in STEPS:
        if manifests is not None:
            site.project.write(manifests)
        done = provision(site.as_role(role), *(last_apply(site) if word == "RUN" else word for word in arguments))
        if done.code:
            break
    return done


def last_apply(site: Site) -> str:
    query = "SELECT id FROM provision_run WHERE command = 'apply' ORDER BY seq DESC"
    return str(site.project.sql(query)[0][0])


def test_one_login_plans_and_the_other_applies(granted: Site, provision: Provision) -> None:
    done = all_steps(granted, provision)
    assert (done.code, done.stderr) == (0, "")
    users = granted.project.sql("SELECT username, status FROM sys_user ORDER BY username")
    assert users == [("alice", 1), ("robert", 1), ("root", 1)]


@pytest.mark.parametrize("right", RIGHTS, ids=str)
def test_without_any_of_it_a_command_says_what_is_lacking(granted: Site, provision: Provision, right: Right) -> None:
    granted.project.sql(granted.named(f"REVOKE {right.privileges} ON {right.what}{right.objects} FROM {right.role}"))
    done = all_steps(granted, provision)
    assert done.code == 1, done
    [lacking] = re.findall("no permission for that: (?:table|sequence) ([a-z_]+)", done.stderr)
    assert lacking in right.objects.split(", ")


def test_rights_on_columns_are_enough_to_plan_and_stored_hashes_are_among_them(
    granted: Site, provision: Provision
) -> None:
    granted.project.write(declared())
    unread = {"salt", "uuid", "join_time", "last_login_time", "created_time", "updated_time"}
    columns = {column.name for column in User.__table__.columns} - unread - {"last_password_changed_time"}

    def grant(names: set[str]) -> None:
        granted.project.sql(granted.named(f"REVOKE SELECT ON sys_user FROM {READER}"))
        granted.project.sql(granted.named(f"GRANT SELECT ({', '.join(sorted(names))}) ON sys_user TO {READER}"))

    grant(columns)
    assert provision(granted.as_role(READER), "plan").code == 0
    grant(columns - {"password"})
    done = provision(granted.as_role(READER), "plan")
    assert (done.code, "no permission for that: table sys_user" in done.stderr) == (1, True)


@pytest.mark.parametrize("arguments", [["apply"], ["apply", "--prune"], ["plan", "--execute"]], ids=" ".join)
def test_the_login_that_plans_writes_nothing(granted: Site, provision: Provision, arguments: list[str]) -> None:
    granted.project.write(user("alice"))
    before = content(granted.project)
    done = provision(granted.as_role(READER), *arguments)
    assert (done.code, "no permission for that: table" in done.stderr) == (1, True), done
    assert content(granted.project) == before


def test_before_there_is_a_ledger_one_plans_and_the_other_is_told_whom_it_needs(
    granted: Site, provision: Provision
) -> None:
    for table in ("provision_change", "provision_resource", "provision_run", "provision_version"):
        granted.project.sql(f"DROP TABLE {table}")
    granted.project.write(user("alice"))
    assert provision(granted.as_role(READER), "plan", "--detailed-exitcode").code == 2
    require_owner(granted, provision)


def test_an_old_ledger_is_planned_with_and_upgraded_by_its_owner_alone(granted: Site, provision: Provision) -> None:
    granted.project.write(user("alice"))
    assert provision(granted.as_role(WRITER), "apply").code == 0
    age(granted.project)
    granted.project.write(user("alice", "email: a@example.com"))
    assert provision(granted.as_role(READER), "plan", "--detailed-exitcode").code == 2
    require_owner(granted, provision)
    assert provision(granted.project, "migrate").code == 0
    assert provision(granted.as_role(WRITER), "apply").code == 0


def require_owner(site: Site, provision: Provision) -> None:
    before = content(site.project)
    for command in ("apply", "migrate"):
        done = provision(site.as_role(WRITER), command)
        assert done.code == 1
        assert "Error: the ledger's tables can be neither made nor upgraded: this login has no permiss" in done.stderr
        assert done.stderr.endswith("Hint: let the owner of the tables run provision migrate once\n")
    assert content(site.project) == before
