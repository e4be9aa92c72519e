"""Logins on PostgreSQL that are limited in some way, and what happens to a run of theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import make_url

from provision.errors import ProvisionError
from tests.postgres import Server
from tests.project import Project, make_project


@pytest.fixture
def project(tmp_path: Path, postgres_url: str) -> Project:
    """A project on PostgreSQL, for its superuser."""
    return make_project(tmp_path / "project", postgres_url)


@pytest.fixture
def limited(project: Project, postgres_server: Server) -> Callable[..., Project]:
    """The project for a login that may do everything, with settings of its own."""

    def limited(*settings: str) -> Project:
        role = postgres_server.create_role("limited")
        project.sql(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}")
        project.sql(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}")
        project.sql(f"GRANT CREATE ON SCHEMA public TO {role}")
        for setting in settings:
            project.sql(f"ALTER ROLE {role} SET {setting}")
        return replace(project, url=postgres_server.url(str(make_url(project.url).database), user=role))

    return limited


def failure(run: Callable[..., object], project: Project, **options: object) -> ProvisionError:
    with pytest.raises(ProvisionError) as caught:
        run(project, **options)
    return caught.value
