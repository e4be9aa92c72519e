"""Running programs: only those that are allowed, never for longer or for more than allowed, and nothing is left."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from provision.secrets.pipes import MAX_OUTPUT_BYTES
from provision.secrets.program import OWN_SECRETS, PRINTED, ProgramError, run
from provision.secrets.redact import WITHHELD

SECRET = "Canary-command-Zq8vT3pL"


def python(code: str, *arguments: str, stdin: bytes | None = None, timeout: float = 20) -> bytes:
    """Run this very interpreter, which is allowed."""
    command = [sys.executable, "-I", "-c", code, *arguments]
    return run(command, allowed=[sys.executable], environ={}, timeout=timeout, stdin=stdin)


def failure(*arguments: str, allowed: list[str], environ: dict[str, str] | None = None) -> ProgramError:
    with pytest.raises(ProgramError) as caught:
        run(arguments, allowed=allowed, environ=environ or {"PATH": os.environ["PATH"]}, timeout=20)
    assert caught.value.hint
    return caught.value


def python_failure(code: str, *, stdin: bytes | None = None, timeout: float = 20) -> ProgramError:
    with pytest.raises(ProgramError) as caught:
        python(code, stdin=stdin, timeout=timeout)
    assert caught.value.hint
    return caught.value


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str, str], Path]:
    """A program of that name that does as the shell text says."""

    def make(name: str, text: str) -> Path:
        file = tmp_path / name
        file.write_text(f"#!/bin/sh\n{text}\n")
        file.chmod(0o755)
        return file

    return make


def test_what_it_prints_is_returned_as_it_is() -> None:
    assert python("print('ä\\n')") == "ä\n\n".encode()
    assert python("import os; os.write(1, b'\\0\\xff')") == b"\0\xff"
    assert python("") == b""


def test_arguments_reach_it_untouched_by_any_shell() -> None:
    odd = ["$HOME", "`id`", "; exit 1", "a b", "*", "", "-x", "ä\n"]
    assert python("import sys; print(sys.argv[1:], end='')", *odd) == repr(odd).encode()


def test_it_reads_nothing_or_what_it_is_given() -> None:
    assert python("import sys; print(repr(sys.stdin.read()), end='')") == b"''"
    assert python("import sys; print(repr(sys.stdin.read()), end='')", stdin=b"") == b"''"
    assert python("import sys; print(sys.stdin.read(), end='')", stdin=b"text\n") == b"text\n"
    large = b"x" * 1_000_000
    assert python("import sys; print(len(sys.stdin.read()), end='')", stdin=large) == b"1000000"


def test_a_program_that_does_not_read_what_it_is_given_is_not_disturbed() -> None:
    assert python("print(1)", stdin=b"x" * 1_000_000) == b"1\n"
    assert python("import os, time; os.close(0); time.sleep(.2); print(1)", stdin=b"x" * 1_000_000) == b"1\n"


def test_the_environment_is_passed_on_without_what_only_we_need_to_know() -> None:
    ours = dict.fromkeys(OWN_SECRETS, SECRET)
    assert len(ours) == 5
    command = [sys.executable, "-I", "-c", "import os; print(sorted(os.environ.items()))"]
    environ = {"HOME": "/h", "VAULT_ADDR": "v", **ours}
    printed = run(command, allowed=command[:1], environ=environ, timeout=20)
    assert SECRET.encode() not in printed
    assert b"('HOME', '/h')" in printed
    assert b"('VAULT_ADDR', 'v')" in printed


@pytest.mark.parametrize(
    ("name", "allowed", "message"),
    [
        ("vault", [], "the command vault is not allowed"),
        ("vault", ["/usr/bin/vault", "vaul", "VAULT", "vault "], "the command vault is not allowed"),
        ("/bin/sh", ["sh"], "the command /bin/sh is not allowed"),
        ("/bin/../bin/sh", ["/bin/sh"], "the command /bin/../bin/sh is not allowed"),
        ("./vault", ["./vault"], "the command ./vault is a relative path"),
        ("bin/vault", ["bin/vault"], "the command bin/vault is a relative path"),
        ("", [""], "the command has no name"),
        ("no-such-program-here", ["no-such-program-here"], "the command no-such-program-here is not found on PATH"),
        ("..", [".."], "the command .. is not found on PATH"),
        ("/no/such", ["/no/such"], "the command /no/such cannot be started: no such file or directory"),
        ("/etc/passwd", ["/etc/passwd"], "the command /etc/passwd cannot be started: permission denied"),
        ("/", ["/"], "the command / cannot be started: permission denied"),
    ],
)
def test_only_what_is_allowed_as_it_is_written_is_run(name: str, allowed: list[str], message: str) -> None:
    assert failure(name, "-c", "echo hunter2", allowed=allowed).message == message


def test_an_empty_list_names_no_program() -> None:
    assert failure(allowed=["sh"]).message == "the command has no name"


@pytest.mark.parametrize("argument", ["a\0b", "\ud800x\0"])
def test_an_argument_that_cannot_be_is_refused(argument: str) -> None:
    assert "not a possible argument" in failure("sh", argument, allowed=["sh"]).message


def test_a_bare_name_is_searched_in_the_absolute_folders_of_path_alone(
    script: Callable[[str, str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = script("my-vault", "echo found")
    monkeypatch.chdir(tmp_path)
    for path in ("", ".", ":", f"{tmp_path.name}/..", "bin:."):
        error = failure("my-vault", allowed=["my-vault"], environ={"PATH": path})
        assert error.message == "the command my-vault is not found on PATH"
    environ = {"PATH": f".::{tmp_path}"}
    assert run(["my-vault"], allowed=["my-vault"], environ=environ, timeout=20) == b"found\n"
    file.chmod(0o644)
    if os.geteuid():
        assert "not found" in failure("my-vault", allowed=["my-vault"], environ=environ).message


def test_it_runs_in_the_folder_that_is_named(tmp_path: Path) -> None:
    code = "import os; print(os.getcwd(), end='')"
    command = [sys.executable, "-I", "-c", code]
    assert run(command, allowed=command[:1], environ={}, timeout=20, folder=tmp_path) == str(tmp_path).encode()


def test_its_exit_code_and_its_last_words_are_said() -> None:
    error = python_failure("import sys; print(*range(9), sep='\\n', file=sys.stderr); sys.exit(3)")
    assert error.message == f"the command {sys.executable} ended with exit code 3"
    assert error.said == ("5", "6", "7", "8")
    killed = python_failure("import os; os.kill(os.getpid(), 9)")
    assert killed.message == f"the command {sys.executable} ended by signal 9"


@pytest.mark.parametrize("echoed", ["s", "s[::-1]", "s.encode().hex()", "base64.b64encode(s.encode()).decode()"])
def test_nothing_that_it_complained_of_is_said_once_it_printed(echoed: str) -> None:
    code = f"import sys, base64; s = {SECRET!r}; print(s, flush=True); print({echoed}, file=sys.stderr); sys.exit(3)"
    error = python_failure(code)
    assert error.said == (PRINTED,)
    assert SECRET not in f"{error!r} {error.message} {error.hint}"


@pytest.mark.parametrize(
    "echoed", ["s", "s.upper()", "s.encode().hex()", "base64.b64encode(b'?' + s.encode()).decode()", "repr(s)"]
)
def test_a_line_that_holds_what_it_was_given_is_withheld(echoed: str) -> None:
    code = (
        f"import sys, base64; s = sys.stdin.read(); print('got', {echoed}, file=sys.stderr);"
        "print('denied', file=sys.stderr); sys.exit(1)"
    )
    assert python_failure(code, stdin=SECRET.encode()).said == (WITHHELD, "denied")


def test_a_line_that_holds_a_secret_of_the_environment_is_withheld() -> None:
    code = "import os, sys; [print(k, os.environ[k], file=sys.stderr) for k in sys.argv[1:]]; sys.exit(1)"
    environ = {"VAULT_TOKEN": SECRET, "DATABASE_URL": f"pg://u:{SECRET}@h", "VAULT_ADDR": "https://v", "KEY": "us"}
    error = failure(sys.executable, "-I", "-c", code, *environ, allowed=[sys.executable], environ=environ)
    assert error.said == (WITHHELD, WITHHELD, "VAULT_ADDR https://v", "KEY us")


def test_the_end_of_a_long_line_is_not_shown_without_its_beginning() -> None:
    code = f"import sys; print('x' * 5000 + {SECRET[-9:]!r} + '\\nlast', file=sys.stderr); sys.exit(1)"
    assert python_failure(code).said == ("last",)


def test_a_program_that_does_not_end_is_killed_with_all_that_it_started() -> None:
    code = (
        "import os, subprocess, sys, time\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'])\n"
        "print(os.getpid(), child.pid, file=sys.stderr, flush=True)\n"
        "time.sleep(60)"
    )
    begun = time.monotonic()
    error = python_failure(code, timeout=1.5)
    assert time.monotonic() - begun < 10
    assert error.message == f"the command {sys.executable} did not end within 1.5 s"
    assert [pid for pid in map(int, error.said[0].split()) if _lives(pid)] == []


def _lives(pid: int) -> bool:
    """Whether it runs: who has ended and was not waited for does not."""
    for _ in range(100):
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return False
        time.sleep(0.02)
    return True


def test_a_program_that_ignores_being_asked_to_end_is_killed_too() -> None:
    code = "import signal, time; [signal.signal(n, signal.SIG_IGN) for n in (1, 2, 15)]; time.sleep(60)"
    assert "did not end within 1 s" in python_failure(code, timeout=1).message


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_program_that_closes_its_pipes_and_stays_is_killed_too(stream: str) -> None:
    code = f"import os, sys, time; print('x', file=sys.{stream}, flush=True); os.closerange(0, 9); time.sleep(60)"
    assert "did not end within 1 s" in python_failure(code, timeout=1).message


def test_a_flood_of_output_is_stopped_and_not_kept() -> None:
    code = "import os\nwhile True: os.write(1, b'x' * 65536)"
    begun = time.monotonic()
    assert "printed more than 64 KiB" in python_failure(code).message
    assert time.monotonic() - begun < 10
    at_most = f"import os; os.write(1, b'x' * {MAX_OUTPUT_BYTES})"
    assert len(python(at_most)) == MAX_OUTPUT_BYTES
    assert "printed more than 64 KiB" in python_failure(f"{at_most}; os.write(1, b'x')").message


def test_a_flood_of_complaints_is_not_kept_and_ends_with_the_time() -> None:
    code = "import os\nwhile True: os.write(2, b'y' * 65535 + b'\\n')"
    before = psutil.Process().memory_info().rss
    error = python_failure(code, timeout=1)
    assert "did not end within 1 s" in error.message
    assert psutil.Process().memory_info().rss - before < 20_000_000
    assert python("import os, sys\nfor _ in range(99): os.write(2, b'y' * 65536)\nprint(1)") == b"1\n"


@pytest.mark.parametrize("own_session", [False, True])
def test_a_child_that_keeps_the_pipes_open_is_not_waited_for(own_session: bool) -> None:
    code = (
        "import subprocess, sys\n"
        "sleep = [sys.executable, '-c', 'import time; time.sleep(8)']\n"
        f"child = subprocess.Popen(sleep, start_new_session={own_session})\n"
        "print(child.pid)"
    )
    begun = time.monotonic()
    child = int(python(code))
    assert time.monotonic() - begun < 6
    assert _lives(child) is own_session
    if own_session:
        psutil.Process(child).kill()


def test_it_has_a_session_of_its_own_and_so_no_terminal_to_ask_on() -> None:
    code = "import os\ntry: os.open('/dev/tty', os.O_RDWR)\nexcept OSError: print(os.getsid(0) == os.getpid())"
    assert python(code) == b"True\n"


def test_neither_descriptors_nor_processes_are_left() -> None:
    python("")
    before = psutil.Process().num_fds(), len(psutil.Process().children())
    python("print(1)", stdin=b"x")
    python_failure("import time; time.sleep(60)", timeout=0.5)
    failure("/no/such", allowed=["/no/such"])
    assert (psutil.Process().num_fds(), len(psutil.Process().children())) == before
