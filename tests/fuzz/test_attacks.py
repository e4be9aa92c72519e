"""The known attacks on readers, and on those who read reports: each ends with its code and message, and cheaply."""

from __future__ import annotations

import json
import re
from typing import Final

import pytest

from provision.errors import ExitCode
from provision.manifest.limits import MAX_FILE_BYTES
from provision.report.escape import printable
from tests.fuzz.ground import Ground
from tests.fuzz.verdict import judge
from tests.project import user
from tests.report.test_attacks import ATTACKS, Page, outside_of_fences

MANIFEST: Final = "manifests/all.yaml"
POLICY: Final = "policies/all.yaml"
ALICE: Final = user("alice")
LAUGHS: Final = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + level)}: &{chr(98 + level)} [{', '.join([f'*{chr(97 + level)}'] * 9)}]\n" for level in range(9)
)
REFUSED: Final = {
    "alias bomb": (LAUGHS.encode(), ":1:4: a: anchors are not supported."),
    "flow bomb": (b"a: " + b"[" * 200_000, "lists and mappings are nested more than 32 deep."),
    "block bomb": (b"".join(b" " * depth + b"a:\n" for depth in range(2_000)), "are nested more than 32 deep."),
    "bomb of keys": (b"? " * 20_000, "are nested more than 32 deep."),
    "bomb of nodes": (b"[" + b"a, " * 200_000 + b"]", "the document has more than 100,000 keys and values."),
    "bomb of duplicates": (
        b"{" + b"a, " * 90_000 + b"}",
        "the document has more problems; the others are not shown.",
    ),
    "merge key": (b"spec:\n  <<: {status: active}\n", ':2:3: spec["<<"]: merge keys are not supported.'),
    "object of Python": (b"kind: !!python/object/apply:os.system [id]\n", ":1:7: kind: explicit tags are not"),
    "binary": (b"kind: !!binary aGk=\n", ":1:7: kind: explicit tags are not supported."),
    "duplicate key": (b"kind: User\nkind: Role\n", ':2:1: kind: duplicate key "kind".'),
    "NUL": (b"kind: User\0\n", ":1:11: control character U+0000."),
    "byte order mark twice": (
        b"\xef\xbb\xbf\xef\xbb\xbfkind: User\n",
        ":1:1: byte order mark inside the text U+FEFF.",
    ),
    "UTF-16": (ALICE.encode("utf-16"), ":1:1: the file is UTF-16."),
    "UTF-16 without a mark": (ALICE.encode("utf-16-be"), ":1:1: control character U+0000."),
    "UTF-32": (ALICE.encode("utf-32"), ":1:1: the file is UTF-32."),
    "UTF-7": (b"+ADw-script+AD4-", ":1:1: not a mapping."),
    "gzip": (b"\x1f\x8b\x08\0", ":1:2: the text is not valid UTF-8."),
    "escape sequence": (b"kind: \x1b[2J\n", ":1:7: control character U+001B."),
    "escape sequence of C1": ("kind: \x9b2J\n".encode(), ":1:7: control character U+009B."),
    "escape sequence as an escape": (rb'kind: "\e[2J"', ":1:7: kind: the value holds the character U+001B."),
    "many empty documents": (b"--- \n" * 20_000, ":1:1: holds no document."),
    "many wrong documents": (
        b"--- {}\n" * 20_000,
        "there are more problems than anybody reads; what follows was not",
    ),
    "long number": (b"kind: " + b"9" * 100_000, ":1:7: kind: the number is too large: integers have 64 bits"),
    "long directive": (b"%YAML " + b"9" * 10_000 + b".1\n---\n", "no directive but %YAML 1.2 is supported."),
    "open quote": (b'a: "' + b"x\n" * 100_000, ":1:4: a quote is never closed."),
}
# In people's names, where invisible characters are refused; what remains is shown as it is, in its place.
NAMES: Final = ("ali\u202ece", "a\u200bb", "a\\nb", "a\\u2028b", " alice", "a/b", "\ufeffalice")


@pytest.mark.parametrize("name", REFUSED)
@pytest.mark.parametrize("file", [MANIFEST, POLICY])
def test_an_attack_on_the_reader_is_refused(ground: Ground, file: str, name: str) -> None:
    content, said = REFUSED[name]
    ground.renew({MANIFEST: ALICE.encode(), file: content})
    trial = ground.run("plan")
    judge(trial, frozenset({ExitCode.ERROR}))
    assert said in trial.stderr
    assert trial.stderr.startswith(f"{file}:1:") or file in trial.stderr
    assert trial.seconds < 3
    assert trial.grown < 60


def test_a_file_that_is_too_large_is_not_read(ground: Ground) -> None:
    ground.renew({MANIFEST: b""})
    with (ground.folder / MANIFEST).open("r+b") as file:
        file.truncate(MAX_FILE_BYTES + 1)
    trial = ground.run("validate")
    judge(trial, frozenset({ExitCode.ERROR}))
    assert trial.stderr.startswith(f"{MANIFEST}:1:1: the file is larger than 64 MiB.")
    assert trial.grown < 30


def test_a_byte_order_mark_and_the_line_ends_of_windows_do_no_harm(ground: Ground) -> None:
    ground.renew({MANIFEST: b"\xef\xbb\xbf" + ALICE.replace("\n", "\r\n").encode()})
    assert ground.run("validate").stdout == "Valid: 1 resource declared.\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_is_not_what_it_seems_is_refused(ground: Ground, name: str) -> None:
    ground.renew({MANIFEST: ALICE.replace("name: alice", f'name: "{name}"', 1).encode()})
    trial = ground.run("validate")
    judge(trial, frozenset({ExitCode.ERROR}))
    assert "metadata.name: not a valid name." in trial.stderr or "byte order mark inside the text" in trial.stderr


MANY: Final = {
    "wrong items": user("alice", f"roles: [{'1, ' * 20_000}]"),
    "unknown keys": user("alice", f"api_keys: [{'{nme: x}, ' * 20_000}]"),
    "odd labels": user("alice", metadata=[f"labels: {{{', '.join(f'{number} : 1' for number in range(20_000))}}}"]),
}


@pytest.mark.parametrize("name", MANY)
def test_many_problems_of_one_document_cost_little(ground: Ground, name: str) -> None:
    ground.renew({MANIFEST: MANY[name].encode()})
    trial = ground.run("validate")
    judge(trial, frozenset({ExitCode.ERROR}))
    assert "101 problems found." in trial.stderr
    assert "the document has more problems; the others are not shown." in trial.stderr
    assert trial.seconds < 3


def test_a_thing_said_many_times_in_one_document_costs_little(ground: Ground) -> None:
    keys = ", ".join(f"{{name: k{number}}}" for number in range(10_000))
    ignored = ", ".join(f"f{number}" for number in range(10_000))
    ground.renew(
        {
            MANIFEST: user("alice", f"api_keys: [{keys}]").encode(),
            "manifests/ignored.yaml": user("bob", metadata=[f"lifecycle: {{ignore_changes: [{ignored}]}}"]).encode(),
        }
    )
    trial = ground.run("validate")
    judge(trial, frozenset({ExitCode.ERROR}))
    assert "10000 problems found." in trial.stderr
    assert trial.seconds < 4


@pytest.fixture(scope="module")
def attacked(ground: Ground) -> Ground:
    """A database whose rows hold every attack, which nobody checked there, and that plans show beside our values."""
    import sqlite3

    names = [f"u{number}" for number in range(len(ATTACKS))]
    ground.renew({MANIFEST: "".join(map(user, names)).encode()})
    assert ground.run("apply").code == ExitCode.DONE
    with sqlite3.connect(ground.folder / "app.db") as connection:
        for name, attack in zip(names, ATTACKS.values(), strict=True):
            text = attack.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
            connection.execute("UPDATE sys_user SET nickname = ? WHERE username = ?", (text, name))
    connection.close()
    return ground


def shown(ground: Ground, format_: str) -> str:
    trial = ground.run("plan", "--format", format_)
    judge(trial, frozenset({ExitCode.DONE}))
    assert not trial.stderr
    return trial.stdout


def test_values_of_the_database_do_not_steer_a_terminal(attacked: Ground) -> None:
    text = shown(attacked, "text")
    assert text.count("~ User/u") == len(ATTACKS)
    assert r'nickname = "\u001b[2J\u001b[1;1H" ->' in text


def test_values_of_the_database_do_not_get_out_of_markdown(attacked: Ground) -> None:
    outside = "\n".join(outside_of_fences(shown(attacked, "markdown").split("\n")))
    assert "nickname" not in outside
    assert "evil" not in outside
    assert "gone" not in outside


def test_values_of_the_database_are_text_in_html(attacked: Ground) -> None:
    page = Page(shown(attacked, "html").split("\n"))
    assert not {name for name, _ in page.elements} & {"script", "img", "a", "!--", "b"}
    assert printable(json.dumps(ATTACKS["script"], ensure_ascii=False)) in page.text


def test_values_of_the_database_come_whole_in_json(attacked: Ground) -> None:
    text = shown(attacked, "json")
    assert text.isascii()
    changes = json.loads(text)["changes"]
    found = {change["address"]: change["fields"][0]["before"] for change in changes}
    assert found["User/u0"] == ATTACKS["escape sequence"]


@pytest.mark.parametrize("format_", ["text", "json", "markdown", "html"])
def test_the_names_of_files_steer_nothing_either(ground: Ground, format_: str) -> None:
    names = ["\x1b[2J.yaml", "a\n::error::x.yaml", "```.yaml", "<script>.yaml", "\u202ex.yaml", "|a|.yaml"]
    files = {f"manifests/{name}": user(f"u{number}").encode() for number, name in enumerate(names)}
    ground.renew({**files, "manifests/\udcff.yaml": ALICE.encode(), "manifests/bad\x1b.yaml": b"kind: 1\n"})
    assert ground.run("plan", "--format", format_).code == ExitCode.ERROR
    (ground.folder / "manifests/bad\x1b.yaml").unlink()
    trial = ground.run("plan", "--format", format_)
    judge(trial, frozenset({ExitCode.DONE}))
    assert not re.search("<script>", trial.stdout) or format_ in ("text", "json", "markdown")
