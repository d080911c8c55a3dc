"""Whatever happens to a hook, the session that started it goes on."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.thrum.cli.answers import PAGE
from thrum.cli import app, hooked
from thrum.cli.hurried import Hurried
from thrum.runtimes import registry
from thrum.runtimes.contract import Moment
from thrum.setup import fired

EVENTS = [
    (adapter.name, event, moment)
    for adapter in registry.every()
    for event, moment in (
        *((each.event, each.moment) for each in adapter.hooks),
        *adapter.also.items(),
        ("NobodyKnows", None),
    )
]


class Left(BaseException):
    """The process would be gone."""


def leaving(_status: int) -> NoReturn:
    """Instead of the end of the process."""
    raise Left


class Given:
    """What calls of hooks in this process replied."""

    def __init__(self, world: Any) -> None:
        self.world = world
        self.written = b""

    def fire(self, runtime: str, event: str, stdin: str = "{}") -> str:
        """The reply to an event, as the runtime gets it."""
        self.written = b""
        world = self.world

        def command(call: hooked.Call) -> int:
            context = world.context(["hook", event, "--runtime", runtime])
            context.stdin, context.stdout, context.stderr = (
                io.StringIO(stdin),
                call.reply,
                call.said,
            )
            context.connect = lambda path, _seconds: Hurried(path, lambda: 0.05)
            call.log = lambda: context.known_log
            return app.run(context)

        sys.argv = ["thrum", "hook", event, "--runtime", runtime]
        with pytest.raises(Left):
            hooked.run(command, leaving)
        return self.written.decode()


@pytest.fixture
def office(world: Any) -> Any:
    """A world whose daemon knows what a session begins with."""
    world.daemon.answers |= {
        "team.overview": PAGE,
        "message.list": {"messages": [], "total": 4, "unread": 1},
        "delivery.ask": {"agent_id": "furiosa", "count": 0},
    }
    return world


@pytest.fixture
def given(office: Any, monkeypatch: pytest.MonkeyPatch) -> Given:
    """Calls hooks in this process, which nothing watches and which stays."""
    found = Given(office)

    def write(data: bytes) -> None:
        found.written += data

    monkeypatch.setattr(hooked, "_write", write)
    monkeypatch.setattr(hooked, "NOTE_S", 30)
    monkeypatch.setattr(hooked.Call, "watch", lambda _call: None)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", [])
    monkeypatch.setenv("HOME", office.env["HOME"])
    fired.prepare(Path(office.env["HOME"]))
    return found


def accepts(runtime: str, moment: Moment | None, reply: str) -> None:
    """The reply is the empty one, or at the start of a session one that the runtime can read."""
    silence = registry.adapter(runtime).silence
    if reply == silence:
        return
    assert moment is Moment.START, reply
    if silence:
        assert isinstance(json.loads(reply), dict)


def gone(world: Any) -> None:
    world.daemon.path.unlink()


def no_repository(world: Any) -> None:
    shutil.rmtree(world.root)


def no_home(world: Any) -> None:
    world.env.pop("HOME")


def other_shapes(world: Any) -> None:
    world.daemon.answers |= {"team.overview": ["a", 3], "message.list": "no"}


def nested(world: Any) -> None:
    world.daemon.answers["team.overview"] = {
        "agent": [1],
        "team": {"a": None},
        "inbox": {"unread": {}},
    }


def broken_files(world: Any) -> None:
    (world.root / ".thrum/config.json").write_bytes(b"\xff{")
    (world.root / ".thrum/identities/furiosa.json").write_text("[" * 9000)
    (world.root / ".thrum/context").symlink_to("/nowhere")


def folders(world: Any) -> None:
    for name in ("config.json", "identities/furiosa.json"):
        (world.root / ".thrum" / name).unlink()
        (world.root / ".thrum" / name).mkdir()


SITUATIONS = (gone, no_repository, no_home, other_shapes, nested, broken_files, folders)


@pytest.mark.parametrize("situation", SITUATIONS)
def test_every_event_of_every_runtime_is_answered(
    given: Given, office: Any, situation: Callable[[Any], None]
) -> None:
    situation(office)
    for runtime, event, moment in EVENTS:
        accepts(runtime, moment, given.fire(runtime, event))


@pytest.mark.parametrize(
    "stdin",
    ["", "{", "null", "[1]", '"x"', "[" * 100_000, "\0\x1b\ufffd", "x" * 2_000_000, '{"cwd": {}}'],
    ids=lambda each: each[:9].encode().hex() or "nothing",
)
def test_whatever_is_said_every_event_is_answered(given: Given, office: Any, stdin: str) -> None:
    gone(office)
    for runtime, event, moment in EVENTS:
        accepts(runtime, moment, given.fire(runtime, event, stdin))


FIELDS = ("session_id", "cwd", "source", "agent_id", "tool_input", "message", "workspace_roots")


@pytest.mark.parametrize("value", [None, 3, [], {}, [[]], {"a": [1]}, "\0", "/" * 5000, -1e308])
def test_fields_of_other_types_are_no_trouble(given: Given, office: Any, value: Any) -> None:
    gone(office)
    about = json.dumps(dict.fromkeys(FIELDS, value))
    for runtime, event, moment in EVENTS:
        accepts(runtime, moment, given.fire(runtime, event, about))


@pytest.mark.parametrize(
    "error", [ImportError("x"), KeyboardInterrupt(), MemoryError(), Exception()]
)
def test_a_defect_of_ours_is_no_trouble_and_is_noted(
    given: Given, office: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    def fail(*_arguments: object) -> None:
        raise error

    monkeypatch.setattr(registry, "adapter", fail)
    home = Path(office.env["HOME"])
    for runtime, silence in hooked.SILENCES.items():
        assert given.fire(runtime, "Stop") == silence
        if not isinstance(error, KeyboardInterrupt):  # which the frame tells of by its code
            noted = fired.failure(home, runtime)
            assert noted is not None
            assert noted.text.startswith("Stop: ")


@pytest.mark.parametrize("runtime", ["", "nobody", "../claude", "a\0b", "x" * 5000])
def test_a_runtime_that_nobody_knows_is_given_nothing(given: Given, runtime: str) -> None:
    assert given.fire(runtime, "Stop") == ""


def test_what_went_wrong_is_shown_and_stands_in_the_daemons_log(given: Given, office: Any) -> None:
    office.daemon.answers["team.overview"] = {"health": {"uptime_ms": "long"}, "team": []}
    log = office.root / ".thrum/var/daemon.log"
    context = office.context([])
    given.fire("claude", "SessionStart")
    assert not context.place.log.exists()  # where no daemon ever was, none is made up
    context.place.log.touch()
    given.fire("claude", "SessionStart")
    assert "WARNING thrum.hook: claude SessionStart: " in context.place.log.read_text()
    assert context.place.log.parent == log.parent
    noted = fired.failure(Path(office.env["HOME"]), "claude")
    assert noted is not None
    assert "cannot be gathered: ValueError" in noted.text


def test_what_goes_well_is_not_noted(given: Given, office: Any) -> None:
    assert "@furiosa" in given.fire("claude", "SessionStart")
    assert given.fire("codex", "Stop") == "{}"
    for runtime in ("claude", "codex"):
        assert fired.failure(Path(office.env["HOME"]), runtime) is None


def test_the_silences_are_those_of_the_adapters() -> None:
    assert {each.name: each.silence for each in registry.every()} == hooked.SILENCES


@pytest.mark.parametrize(
    ("words", "event", "runtime"),
    [
        ([], "", ""),
        (["Stop"], "Stop", ""),
        (["Stop", "--runtime"], "Stop", ""),
        (["Stop", "--runtime", "codex"], "Stop", "codex"),
        (["--runtime=codex", "Stop"], "", "codex"),
    ],
)
def test_words_of_the_line(words: list[str], event: str, runtime: str) -> None:
    call = hooked.Call(words, leaving)
    assert (call.event, call.runtime) == (event, runtime)


def test_a_reply_is_given_once(given: Given) -> None:
    call = hooked.Call(["Stop", "--runtime", "codex"], leaving)
    call.reply.write("first")
    call.reply.flush()
    call.reply.flush()
    call.reply.write("second")
    with pytest.raises(OSError, match="too late"):
        call.reply.flush()
    with pytest.raises(Left):
        call.end()
    assert given.written == b"first"


def test_a_session_before_that_did_not_get_out_stays(
    given: Given, office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (office.root / ".thrum/restart").mkdir()
    path = office.root / ".thrum/restart/furiosa.md"
    path.write_text("Paint the tank.")

    def full(_data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(hooked, "_write", full)
    given.fire("claude", "SessionStart")
    assert path.read_text() == "Paint the tank."


# -- whole processes --


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Callable[..., subprocess.CompletedProcess[bytes]]]:
    """Fires a hook as a process, beside a daemon that takes connections and says nothing."""
    root, home = tmp_path / "shop", tmp_path / "home"
    for folder in (".git", ".thrum/identities", ".thrum/var"):
        (root / folder).mkdir(parents=True)
    (root / ".git/HEAD").write_text("ref: refs/heads/main\n")
    fired.prepare(home)
    listener = socket.socket(socket.AF_UNIX)
    os.chdir(root / ".thrum/var")  # the path of a socket has room for 100 bytes
    listener.bind("thrum.sock")
    listener.listen()

    def fire(
        *words: str, before: str = "pass", env: dict[str, str] | None = None, **how: Any
    ) -> subprocess.CompletedProcess[bytes]:
        # A busy machine shall not keep a note of what went wrong from being written.
        patient = "from thrum.cli import hooked; hooked.NOTE_S = 30"
        script = f"import sys; {patient}; {before}; from thrum.cli.main import run; run()"
        argv = [sys.executable, "-c", script, "hook", *words]
        usual: dict[str, str] = {"PATH": os.environ["PATH"], "HOME": str(home), "CI": "true"}
        how = {"stdout": subprocess.PIPE, "cwd": root} | how
        how |= {} if {"stdin", "input"} & {*how} else {"stdin": subprocess.DEVNULL}
        done: subprocess.CompletedProcess[bytes]
        done = subprocess.run(argv, env=usual | (env or {}), timeout=60, **how)  # type: ignore[call-overload]
        return done

    yield fire
    os.chdir(tmp_path)
    listener.close()


STOP = ("Stop", "--runtime", "codex")


@pytest.mark.parametrize(
    "module",
    ["thrum.cli.app", "thrum.cli.commands.hook", "thrum.runtimes.registry", "thrum.errors", "json"],
)
def test_a_module_that_is_missing_is_no_trouble(desk: Any, tmp_path: Path, module: str) -> None:
    done = desk(*STOP, before=f"sys.modules[{module!r}] = None")
    assert (done.returncode, done.stdout) == (0, b"{}")
    noted = fired.failure(tmp_path / "home", "codex")
    assert noted is not None
    assert "Error" in noted.text


@pytest.mark.parametrize(
    "words", [(), ("Stop",), ("--no-such", *STOP), (*STOP, "more"), (*STOP, "--json=x"), ("",)]
)
def test_a_line_that_cannot_be_read_is_no_trouble(desk: Any, words: tuple[str, ...]) -> None:
    done = desk(*words)
    assert (done.returncode, done.stdout) == (0, b"{}" if "codex" in words else b"")


@pytest.mark.parametrize("words", [STOP, ("SessionStart", "--runtime", "claude")])
def test_a_daemon_that_says_nothing_is_not_waited_for(desk: Any, words: tuple[str, ...]) -> None:
    done = desk(*words)
    assert done.returncode == 0
    accepts(words[-1], Moment.START if "Start" in words[0] else None, done.stdout.decode())


def test_stdin_that_does_not_end_is_not_waited_for(desk: Any, tmp_path: Path) -> None:
    reader, writer = os.pipe()
    with open("/dev/zero", "rb") as zero:
        assert (desk(*STOP, stdin=reader).stdout, desk(*STOP, stdin=zero).stdout) == (b"{}", b"{}")
    noted = fired.failure(tmp_path / "home", "codex")
    assert noted is not None
    assert "stdin does not end" in noted.text
    os.close(reader)
    os.close(writer)


@pytest.mark.parametrize("size", [0, 10_000_000])
def test_however_much_is_said(desk: Any, size: int) -> None:
    done = desk(*STOP, input=b"x" * size)
    assert (done.returncode, done.stdout) == (0, b"{}")


def test_where_nobody_reads_it_ends_well(desk: Any) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    assert desk(*STOP, stdout=writer).returncode == 0
    os.close(writer)
    with open("/dev/full", "wb") as full:
        assert desk(*STOP, stdout=full).returncode == 0


@pytest.mark.parametrize("streams", ["0", "1", "2", "0, 1, 2"])
def test_closed_streams_are_no_trouble(desk: Any, tmp_path: Path, streams: str) -> None:
    closing = f"import os; [os.close(each) for each in ({streams},)]"
    done = desk(*STOP, preexec_fn=lambda: exec(closing))
    assert (done.returncode, done.stdout) == (0, b"" if "1" in streams else b"{}")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_who_is_told_to_end_says_so_in_the_runtimes_way(
    desk: Any, tmp_path: Path, number: int
) -> None:
    """While it waits for what the runtime says."""
    reader, writer = os.pipe()
    slow = "from thrum.cli import hooked; hooked.LISTEN_S = 50; import os, signal"
    later = f"import threading; threading.Timer(0.3, os.kill, (os.getpid(), {int(number)})).start()"
    wait = {"THRUM_HOOK_MS": "100000000"}
    done = desk(*STOP, before=f"{slow}; {later}", stdin=reader, env=wait)
    assert (done.returncode, done.stdout) == (0, b"{}")
    noted = fired.failure(tmp_path / "home", "codex")
    assert noted is not None
    assert signal.Signals(number).name in noted.text
    os.close(reader)
    os.close(writer)


def test_who_is_not_done_in_time_ends_in_the_runtimes_way(desk: Any, tmp_path: Path) -> None:
    hang = "import time; from thrum.cli import app; app.run = lambda _context: time.sleep(1000)"
    done = desk(*STOP, before=hang)
    assert (done.returncode, done.stdout) == (0, b"{}")
    noted = fired.failure(tmp_path / "home", "codex")
    assert noted is not None
    assert "it was not done after 250 ms" in noted.text


def test_a_folder_that_is_gone_is_no_trouble(desk: Any, tmp_path: Path) -> None:
    for name, words in (("a", STOP), ("b", ("SessionStart", "--runtime", "codex"))):
        folder = tmp_path / name
        folder.mkdir()
        leave = f"import os, shutil; os.chdir({str(folder)!r}); os.rmdir({str(folder)!r})"
        done = desk(*words, before=leave)
        assert (done.returncode, json.loads(done.stdout)) == (0, {})


@pytest.mark.parametrize("home", ["", "/nowhere", "/proc", "/dev/null", "rel"])
def test_a_home_that_is_none_is_no_trouble(desk: Any, home: str) -> None:
    done = desk("NoSuch", "--runtime=codex", "--bad", env={"HOME": home})
    assert (done.returncode, done.stdout) == (0, b"{}")


def test_a_full_disk_is_no_trouble(desk: Any, tmp_path: Path) -> None:
    """Files may not grow: nothing can be noted either."""
    full = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))"
    done = desk("Stop", "--bad", "--runtime", "codex", before=full)
    assert (done.returncode, done.stdout) == (0, b"{}")


ANSWERS = [
    b"",
    b"\n\n\n",
    b"hello\n",
    b"\xff\xfe\n",
    b"[1]\n",
    b'{"id": 99, "result": {}}\n' * 50,
    b'{"jsonrpc": "2.0", "id": 1, "result": "' + b"x" * 300_000,
    b'{"id": 1, "error": "no"}\n',
    b'{"id": 1, "error": {"code": [], "message": null, "data": 3}}\n',
    b'{"id": 1, "result": ' + b"[" * 5_000 + b"\n",
]


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda each: each[:12].hex() or "nothing")
def test_whatever_the_daemon_answers_every_event_is_answered(
    given: Given, office: Any, answer: bytes
) -> None:
    office.daemon.close()
    office.daemon.path.unlink()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(office.daemon.path))
    listener.listen()
    thread = threading.Thread(target=play, args=(listener, answer))
    thread.start()
    for runtime, event, moment in EVENTS:
        accepts(runtime, moment, given.fire(runtime, event))
    listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    listener.close()


def play(listener: socket.socket, answer: bytes) -> None:
    """Says the same to everybody, and hangs up."""
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            try:
                connection.sendall(answer)
            except OSError:
                continue


def test_a_real_daemon_that_is_away_or_stopped(clone: Any, tmp_path: Path) -> None:
    clone("init", "--no-daemon")
    fired.prepare(tmp_path / "home")
    clone.env.pop("THRUM_HOOK_MS")
    clone.env["THRUM_AUTOSTART"] = "true"
    begin = ("hook", "SessionStart", "--runtime", "codex")
    assert isinstance(json.loads(clone(*begin, stdin="{}").out), dict)
    clone.env["THRUM_AUTOSTART"] = "false"
    clone("daemon", "start")  # waits for the one that the hook had start
    clone("quickstart", "furiosa", "--role", "implementer", "--module", "auth")
    os.kill(clone.daemon_pid, signal.SIGSTOP)
    try:
        assert isinstance(json.loads(clone(*begin, stdin="{}").out), dict)
        assert clone("hook", *STOP, stdin="{}").out == "{}"
    finally:
        os.kill(clone.daemon_pid, signal.SIGCONT)
    clone.env["THRUM_HOOK_MS"] = "30000"
    clone("context", "save", stdin="Valve 4.")
    assert "@furiosa" in clone(*begin, stdin="{}").out


def test_setup_shows_what_went_wrong(desk: Any, tmp_path: Path) -> None:
    desk("--no-such", *STOP)
    noted = fired.failure(tmp_path / "home", "codex")
    assert noted is not None
    assert "there is no flag --no-such" in noted.text
