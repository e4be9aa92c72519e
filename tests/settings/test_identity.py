"""Who runs this, from which commit and branch, and where the job's page is."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from provision.settings.identity import Identity, identify
from provision.settings.work_tree import CheckedOut, checked_out

COMMIT = "0123456789abcdef0123456789abcdef01234567"

JOBS: dict[str, tuple[dict[str, str], tuple[str, str, str]]] = {
    "GitHub Actions": (
        {
            "GITHUB_ACTIONS": "true",
            "GITHUB_ACTOR": "carol",
            "GITHUB_SHA": COMMIT,
            "GITHUB_REF_NAME": "main",
            "GITHUB_HEAD_REF": "",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "acme/infra",
            "GITHUB_RUN_ID": "42",
        },
        ("carol", "main", "https://github.com/acme/infra/actions/runs/42"),
    ),
    "GitLab CI": (
        {
            "GITLAB_CI": "true",
            "GITLAB_USER_LOGIN": "carol",
            "CI_COMMIT_SHA": COMMIT,
            "CI_COMMIT_REF_NAME": "main",
            "CI_JOB_URL": "https://gitlab.com/acme/infra/-/jobs/7",
        },
        ("carol", "main", "https://gitlab.com/acme/infra/-/jobs/7"),
    ),
    "Jenkins": (
        {
            "JENKINS_URL": "https://ci.example/",
            "BUILD_USER_ID": "carol",
            "GIT_COMMIT": COMMIT,
            "BRANCH_NAME": "main",
            "BUILD_URL": "https://ci.example/job/infra/7/",
        },
        ("carol", "main", "https://ci.example/job/infra/7/"),
    ),
    "CircleCI": (
        {
            "CIRCLECI": "true",
            "CIRCLE_USERNAME": "carol",
            "CIRCLE_SHA1": COMMIT,
            "CIRCLE_BRANCH": "main",
            "CIRCLE_BUILD_URL": "https://circleci.com/gh/acme/infra/7",
        },
        ("carol", "main", "https://circleci.com/gh/acme/infra/7"),
    ),
    "Buildkite": (
        {
            "BUILDKITE": "true",
            "BUILDKITE_BUILD_CREATOR": "Carol",
            "BUILDKITE_COMMIT": COMMIT,
            "BUILDKITE_BRANCH": "main",
            "BUILDKITE_BUILD_URL": "https://buildkite.com/acme/infra/builds/7",
            "BUILDKITE_JOB_ID": "e44f",
        },
        ("Carol", "main", "https://buildkite.com/acme/infra/builds/7#e44f"),
    ),
    "Azure Pipelines": (
        {
            "TF_BUILD": "True",
            "BUILD_REQUESTEDFOR": "Carol",
            "BUILD_SOURCEVERSION": COMMIT,
            "BUILD_SOURCEBRANCH": "refs/heads/main",
            "SYSTEM_TEAMFOUNDATIONCOLLECTIONURI": "https://dev.azure.com/acme/",
            "SYSTEM_TEAMPROJECT": "the infra",
            "BUILD_BUILDID": "7",
        },
        ("Carol", "main", "https://dev.azure.com/acme/the%20infra/_build/results?buildId=7"),
    ),
    "Bitbucket": (
        {
            "BITBUCKET_BUILD_NUMBER": "7",
            "BITBUCKET_STEP_TRIGGERER_UUID": "{c1}",
            "BITBUCKET_COMMIT": COMMIT,
            "BITBUCKET_BRANCH": "main",
            "BITBUCKET_GIT_HTTP_ORIGIN": "http://bitbucket.org/acme/infra",
        },
        ("{c1}", "main", "http://bitbucket.org/acme/infra/pipelines/results/7"),
    ),
    "Woodpecker": (
        {
            "CI": "woodpecker",
            "CI_PIPELINE_AUTHOR": "carol",
            "CI_COMMIT_SHA": COMMIT,
            "CI_COMMIT_BRANCH": "main",
            "CI_PIPELINE_URL": "https://ci.example/repos/1/pipeline/7",
        },
        ("carol", "main", "https://ci.example/repos/1/pipeline/7"),
    ),
    "Drone": (
        {
            "DRONE": "true",
            "DRONE_COMMIT_AUTHOR": "carol",
            "DRONE_COMMIT_SHA": COMMIT,
            "DRONE_BRANCH": "main",
            "DRONE_BUILD_LINK": "https://drone.example/acme/infra/7",
        },
        ("carol", "main", "https://drone.example/acme/infra/7"),
    ),
}


@pytest.mark.parametrize("system", JOBS)
def test_a_ci_system_tells_who_from_what_and_where(system: str, tmp_path: Path) -> None:
    environ, (actor, branch, job_url) = JOBS[system]
    assert identify(environ, tmp_path) == Identity(actor=actor, commit=COMMIT, branch=branch, job_url=job_url)


def test_travis_names_nobody(tmp_path: Path) -> None:
    environ = {
        "TRAVIS": "true",
        "TRAVIS_COMMIT": COMMIT,
        "TRAVIS_BRANCH": "main",
        "TRAVIS_JOB_WEB_URL": "https://app.travis-ci.com/acme/infra/jobs/7",
    }
    who = identify(environ, tmp_path)
    assert "@" in who.actor
    assert (who.commit, who.branch, who.job_url) == (COMMIT, "main", environ["TRAVIS_JOB_WEB_URL"])


def test_our_own_variables_come_first(tmp_path: Path) -> None:
    environ = JOBS["GitHub Actions"][0] | {"PROVISION_ACTOR": "dave", "PROVISION_COMMIT": "f00"}
    who = identify(environ, tmp_path)
    assert (who.actor, who.commit) == ("dave", "f00")


def test_a_pull_request_is_named_by_its_own_branch(tmp_path: Path) -> None:
    environ = JOBS["GitHub Actions"][0] | {"GITHUB_HEAD_REF": "fix", "GITHUB_REF_NAME": "7/merge"}
    assert identify(environ, tmp_path).branch == "fix"


def test_what_a_link_is_made_of_has_to_be_there(tmp_path: Path) -> None:
    environ = JOBS["GitHub Actions"][0] | {"GITHUB_RUN_ID": ""}
    assert identify(environ, tmp_path).job_url is None


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://carol:hunter2@ci.example/7", "https://ci.example/7"),
        ("javascript:alert(1)", None),
        ("https://[ci/7", None),
        ("no link", None),
    ],
)
def test_a_link_holds_no_login_and_leads_to_the_web(tmp_path: Path, url: str, kept: str | None) -> None:
    assert identify(JOBS["GitLab CI"][0] | {"CI_JOB_URL": url}, tmp_path).job_url == kept


def test_each_text_fits_its_column_and_can_be_stored(tmp_path: Path) -> None:
    environ = JOBS["GitLab CI"][0] | {
        "GITLAB_USER_LOGIN": "\udcff" * 300,
        "CI_COMMIT_SHA": "c" * 300,
        "CI_COMMIT_REF_NAME": "b" * 300,
    }
    who = identify(environ, tmp_path)
    assert (who.actor, who.commit, who.branch) == ("?" * 255, "c" * 64, "b" * 255)


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "tree"
    folder.mkdir()
    git(folder, "init", "-q", "-b", "feature/x")
    git(folder, "commit", "-q", "--allow-empty", "-m", "first")
    return folder


def test_a_work_tree_tells_what_is_checked_out_from_any_folder_in_it(tree: Path) -> None:
    (tree / "deep" / "er").mkdir(parents=True)
    expected = CheckedOut(commit=git(tree, "rev-parse", "HEAD"), branch="feature/x")
    assert checked_out(tree / "deep" / "er") == expected
    git(tree, "pack-refs", "--all")
    assert checked_out(tree) == expected
    assert identify({}, tree).commit == expected.commit
    assert identify({}, tree).branch == expected.branch


def test_a_detached_head_has_no_branch(tree: Path) -> None:
    git(tree, "checkout", "-q", "--detach")
    assert checked_out(tree) == CheckedOut(commit=git(tree, "rev-parse", "HEAD"))


def test_a_linked_work_tree_has_a_head_of_its_own(tree: Path, tmp_path: Path) -> None:
    git(tree, "worktree", "add", "-q", "-b", "other", str(tmp_path / "linked"))
    linked = tmp_path / "linked"
    git(linked, "commit", "-q", "--allow-empty", "-m", "second")
    assert checked_out(linked) == CheckedOut(commit=git(linked, "rev-parse", "HEAD"), branch="other")
    assert checked_out(tree).branch == "feature/x"


def test_a_branch_without_a_commit_has_none(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "main")
    assert checked_out(tmp_path) == CheckedOut(branch="main")


@pytest.mark.parametrize(
    "head", [b"", b"\xff\xfe", b"ref: refs/heads/.invalid", b"ref: refs/heads/../../x", b"ref: refs/heads/a\0b"]
)
def test_a_head_of_an_unknown_form_tells_nothing(tmp_path: Path, head: bytes) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "HEAD").write_bytes(head)
    assert checked_out(tmp_path) == CheckedOut()


def test_a_ci_systems_commit_is_not_mixed_with_a_work_trees_branch(tree: Path) -> None:
    who = identify({"PROVISION_COMMIT": "f00"}, tree)
    assert (who.commit, who.branch) == ("f00", None)
