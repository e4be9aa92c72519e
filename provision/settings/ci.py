"""Which variables of a CI system tell who runs a job, from which commit and branch, and where its page is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

_VARIABLE = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """One system: the variable that it alone sets, its value if that matters, and what the others make.

    Each text holds variables in braces and counts when all of them are set; the first that counts is taken.
    """

    mark: str
    value: str | None = None
    actor: tuple[str, ...] = ()
    commit: tuple[str, ...] = ()
    branch: tuple[str, ...] = ()
    job_url: tuple[str, ...] = ()

    def runs(self, environ: Mapping[str, str]) -> bool:
        """Whether it runs us."""
        found = environ.get(self.mark)
        return bool(found) if self.value is None else found == self.value


SYSTEMS = (
    System(  # GitHub Actions, "Variables reference"
        mark="GITHUB_ACTIONS",
        actor=("{GITHUB_ACTOR}",),
        commit=("{GITHUB_SHA}",),
        branch=("{GITHUB_HEAD_REF}", "{GITHUB_REF_NAME}"),
        job_url=("{GITHUB_SERVER_URL}/{GITHUB_REPOSITORY}/actions/runs/{GITHUB_RUN_ID}",),
    ),
    System(  # GitLab, "Predefined CI/CD variables reference"
        mark="GITLAB_CI",
        actor=("{GITLAB_USER_LOGIN}",),
        commit=("{CI_COMMIT_SHA}",),
        branch=("{CI_COMMIT_REF_NAME}",),
        job_url=("{CI_JOB_URL}",),
    ),
    System(  # CircleCI, "Project values and variables"
        mark="CIRCLECI",
        actor=("{CIRCLE_USERNAME}",),
        commit=("{CIRCLE_SHA1}",),
        branch=("{CIRCLE_BRANCH}",),
        job_url=("{CIRCLE_BUILD_URL}",),
    ),
    System(  # Buildkite, "Environment variables"
        mark="BUILDKITE",
        actor=("{BUILDKITE_BUILD_CREATOR}", "{BUILDKITE_UNBLOCKER}"),
        commit=("{BUILDKITE_COMMIT}",),
        branch=("{BUILDKITE_BRANCH}",),
        job_url=("{BUILDKITE_BUILD_URL}#{BUILDKITE_JOB_ID}", "{BUILDKITE_BUILD_URL}"),
    ),
    System(  # Azure Pipelines, "Use predefined variables"
        mark="TF_BUILD",
        actor=("{BUILD_REQUESTEDFOR}",),
        commit=("{BUILD_SOURCEVERSION}",),
        branch=("{BUILD_SOURCEBRANCH}",),
        job_url=("{SYSTEM_TEAMFOUNDATIONCOLLECTIONURI}{SYSTEM_TEAMPROJECT}/_build/results?buildId={BUILD_BUILDID}",),
    ),
    System(  # Bitbucket Cloud, "Variables and secrets"; it names nobody but by a number
        mark="BITBUCKET_BUILD_NUMBER",
        actor=("{BITBUCKET_STEP_TRIGGERER_UUID}",),
        commit=("{BITBUCKET_COMMIT}",),
        branch=("{BITBUCKET_BRANCH}",),
        job_url=("{BITBUCKET_GIT_HTTP_ORIGIN}/pipelines/results/{BITBUCKET_BUILD_NUMBER}",),
    ),
    System(  # Woodpecker CI, "Environment variables"
        mark="CI",
        value="woodpecker",
        actor=("{CI_PIPELINE_AUTHOR}", "{CI_COMMIT_AUTHOR}"),
        commit=("{CI_COMMIT_SHA}",),
        branch=("{CI_COMMIT_BRANCH}",),
        job_url=("{CI_STEP_URL}", "{CI_PIPELINE_URL}"),
    ),
    System(  # Drone, "Environment reference"
        mark="DRONE",
        actor=("{DRONE_COMMIT_AUTHOR}",),
        commit=("{DRONE_COMMIT_SHA}",),
        branch=("{DRONE_SOURCE_BRANCH}", "{DRONE_BRANCH}"),
        job_url=("{DRONE_BUILD_LINK}",),
    ),
    System(  # Travis CI, "Environment Variables"; it names nobody
        mark="TRAVIS",
        commit=("{TRAVIS_COMMIT}",),
        branch=("{TRAVIS_PULL_REQUEST_BRANCH}", "{TRAVIS_BRANCH}"),
        job_url=("{TRAVIS_JOB_WEB_URL}",),
    ),
    System(  # Jenkins, "Using environment variables"; the plugins Git and "Build User Vars". Last: agents inherit it
        mark="JENKINS_URL",
        actor=("{BUILD_USER_ID}", "{CHANGE_AUTHOR}"),
        commit=("{GIT_COMMIT}",),
        branch=("{CHANGE_BRANCH}", "{BRANCH_NAME}", "{GIT_BRANCH}"),
        job_url=("{BUILD_URL}",),
    ),
)


def system_of(environ: Mapping[str, str]) -> System | None:
    """The CI system that runs us, if one of these does."""
    return next((system for system in SYSTEMS if system.runs(environ)), None)


def filled_in(texts: tuple[str, ...], environ: Mapping[str, str]) -> str | None:
    """The first text whose variables are all set, with their values."""
    for text in texts:
        if all(environ.get(name) for name in _VARIABLE.findall(text)):
            return _VARIABLE.sub(lambda found: environ[found.group(1)], text)
    return None
