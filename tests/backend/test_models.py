"""The models as classes: how they are found, and what their constructors ask for."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from backend import load_all_models
from backend.app.admin.model.api_key import APIKey
from backend.app.admin.model.dept import Dept
from backend.app.admin.model.role import Role
from backend.app.admin.model.user import User
from backend.common.model import Base

if TYPE_CHECKING:
    from tests.backend.project import Project

WIDGET = """
from sqlalchemy.orm import Mapped, mapped_column
from backend.common.model import Base, id_key

class Widget(Base, kw_only=True):
    __tablename__ = "shop_widget"
    id: Mapped[id_key] = mapped_column(init=False)
"""


def test_a_user_without_the_other_models_fails_with_the_name_that_is_missing(project: Project) -> None:
    result = project.python(
        "from backend.app.admin.model.user import User\nUser(username='a', nickname='a', salt=None)\n"
    )
    assert result.returncode == 1
    assert "expression 'APIKey' failed to locate a name ('APIKey')" in result.stderr


def test_a_user_works_once_all_models_are_loaded(project: Project) -> None:
    result = project.python(
        "from backend import load_all_models\n"
        "from backend.app.admin.model.user import User\n"
        "load_all_models()\n"
        "print(User(username='a', nickname='a', salt=None).api_keys)\n"
    )
    assert (result.returncode, result.stdout) == (0, "[]\n"), result.stderr


def test_loading_twice_is_the_same_as_loading_once(project: Project) -> None:
    result = project.python(
        "import sys\n"
        "from backend import load_all_models\n"
        "load_all_models()\n"
        "before = dict(sys.modules)\n"
        "load_all_models()\n"
        "assert sys.modules == before\n"
    )
    assert result.returncode == 0, result.stderr


def test_a_new_model_is_found_without_being_listed_anywhere(project: Project) -> None:
    for name in ("shop", "shop/model", "shop/model/stock", "without_models"):
        folder = project.folder / "backend" / "app" / name
        folder.mkdir()
        (folder / "__init__.py").touch()
    (project.folder / "backend/app/shop/model/stock/widget.py").write_text(WIDGET)
    result = project.python(
        "from backend import load_all_models\n"
        "from backend.common.model import Base\n"
        "load_all_models()\n"
        "print(*sorted(Base.metadata.tables))\n"
    )
    ours = ["sys_api_key", "sys_dept", "sys_role", "sys_user", "sys_user_role"]
    assert result.stdout.split() == ["shop_widget", *ours], result.stderr


def test_importing_the_package_alone_loads_no_heavy_library(project: Project) -> None:
    result = project.python("import sys, backend\nprint({'sqlalchemy', 'alembic', 'pwdlib'} & set(sys.modules))\n")
    assert result.stdout == "set()\n", result.stderr


def test_importing_the_database_module_connects_to_nothing(project: Project) -> None:
    result = project.python("import backend.database.db\n", DATABASE_URL="postgresql://u@localhost:1/none")
    assert result.returncode == 0, result.stderr


def test_a_user_has_safe_defaults_and_a_uuid_of_its_own() -> None:
    load_all_models()
    before = datetime.now(UTC)
    first, second = (User(username=name, nickname=name, salt=None) for name in ("a", "b"))
    assert (first.status, first.is_superuser, first.is_staff, first.is_multi_login) == (1, False, False, False)
    assert (first.password, first.email) == (None, None)
    assert str(UUID(first.uuid)) == first.uuid != second.uuid
    assert before <= first.join_time <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("model", "given", "missing"),
    [
        (User, {"username": "a", "nickname": "a"}, "salt"),
        (User, {"username": "a", "salt": None}, "nickname"),
        (User, {"nickname": "a", "salt": None}, "username"),
        (APIKey, {"user_id": 1, "name": "a"}, "key_hash"),
        (Dept, {}, "name"),
        (Role, {}, "name"),
    ],
)
def test_an_argument_without_a_default_must_be_passed(
    model: type[Base], given: dict[str, object], missing: str
) -> None:
    load_all_models()
    with pytest.raises(TypeError, match=f"missing 1 required keyword-only argument: '{missing}'"):
        model(**given)


@pytest.mark.parametrize("name", ["id", "api_keys", "dept", "roles", "created_time", "updated_time"])
def test_what_the_database_makes_cannot_be_passed(name: str) -> None:
    load_all_models()
    wanted: dict[str, object] = {"username": "a", "nickname": "a", "salt": None, name: None}
    with pytest.raises(TypeError, match=f"unexpected keyword argument '{name}'"):
        User(**wanted)  # type: ignore[arg-type]  # the wrong argument is the point


def test_a_new_key_is_an_active_first_generation_with_scopes_of_its_own() -> None:
    load_all_models()
    first, second = (APIKey(user_id=1, name=name, key_hash=name) for name in ("a", "b"))
    first.scopes.append("deploy")
    assert (first.is_active, first.generation, second.scopes) == (True, 1, [])
    assert (first.key_prefix, first.expires_at, first.last_used_at, first.revoked_at) == (None, None, None, None)


def test_no_secret_shows_when_an_object_is_printed() -> None:
    load_all_models()
    user = User(username="a", nickname="a", password="canary-hash", salt=b"canary-salt")
    key = APIKey(user_id=1, name="a", key_hash="canary-key")
    assert "canary" not in f"{user!r}{key!r}"


def test_two_users_with_equal_values_are_not_the_same_user() -> None:
    load_all_models()
    first, second = (User(username="a", nickname="a", salt=None, uuid="1") for _ in range(2))
    assert len({first, second, first}) == 2
