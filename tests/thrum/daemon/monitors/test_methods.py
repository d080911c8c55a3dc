"""``monitor.*``, asked for by agents over a socket."""

from __future__ import annotations

import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.thrum.daemon.conftest import eventually
from tests.thrum.daemon.monitors.test_service import STAYS, start

SECRET = "hunter22-of-mine"


def logs(office: Any, name: str = "errs", **params: Any) -> list[str]:
    return [each["content"] for each in office.call("nux", "monitor.logs", id=name, **params)]


def test_a_monitor_from_its_beginning_to_its_end(office: Any) -> None:
    script = f"echo E {SECRET}; echo no; exec sleep 600"
    began = start(office, argv=["sh", "-c", script], env={"TOKEN": SECRET}, debounce_seconds=30)
    assert began.keys() == {"id", "pid"}
    eventually(lambda: office.inbox("lead") == ["E <redacted>"])
    (row,) = office.call("nux", "monitor.list")
    assert (
        row
        == office.call("nux", "monitor.show", id="errs")
        == office.call("nux", "monitor.show", id=began["id"])
    )
    shown = {key: row[key] for key in ("name", "argv", "match", "target", "env", "status")}
    assert shown == {
        "name": "errs",
        "argv": ["sh", "-c", script.replace(SECRET, "<redacted>")],
        "match": "E",
        "target": "@lead",
        "env": {"TOKEN": "<redacted>"},
        "status": "running",
    }
    assert (row["pid"], row["debounce_seconds"], row["started_by"]) == (began["pid"], 30, "nux")
    assert logs(office) == logs(office, began["id"]) == ["E <redacted>"]
    said = office.call("nux", "monitor.output", id="errs")
    assert [line.partition(" ")[2] for line in said["lines"]][-2:] == ["E <redacted>", "no"]
    assert Path(said["path"]).stat().st_mode & 0o077 == 0
    assert office.call("nux", "monitor.stop", id="errs") == {"status": "stopped"}
    assert office.call("nux", "monitor.list") == []
    (row,) = office.call("nux", "monitor.list", include_all=True)
    assert (row["status"], row["last_exit_code"], "pid" in row) == ("stopped", -1, False)
    assert office.refused("nux", "monitor.stop", id="errs") == "conflict"
    again = office.call("nux", "monitor.restart", id="errs")
    assert again["id"] == began["id"]
    assert office.call("nux", "monitor.show", id="errs")["pid"] == again["pid"] != began["pid"]
    eventually(lambda: len(logs(office)) == 2)
    assert logs(office, limit=1) == logs(office)[:1]
    assert office.call("nux", "monitor.remove", id="errs") == {"id": began["id"], "name": "errs"}
    assert office.refused("nux", "monitor.show", id="errs") == "not_found"
    assert not Path(said["path"]).exists()
    assert len(office.inbox("lead")) == 2, "what was reported stays"
    assert start(office)["id"] != began["id"], "the name is free"
    assert len(office.inbox("lead")) in {2, 3}
    assert len(logs(office)) <= 1, "and what the other one reported is not its own"
    with pytest.raises(ProcessLookupError):
        os.kill(began["pid"], 0)


def test_its_sender_is_known(office: Any) -> None:
    start(office)
    eventually(lambda: logs(office) == ["E"])
    (agent,) = office.call("nux", "agent.list", role="monitor")["agents"]
    known = {key: agent[key] for key in ("agent_id", "kind", "role", "module", "display")}
    assert known == {
        "agent_id": "monitor:errs",
        "kind": "monitor",
        "role": "monitor",
        "module": "monitor",
        "display": "errs",
    }
    scope = {"type": "monitor", "value": "errs"}
    (message,) = office.call("lead", "message.list", scope=scope)["messages"]
    assert (message["agent_id"], message["body"]["content"]) == ("monitor:errs", "E")
    (session,) = office.call("nux", "session.list", agent_id="monitor:errs")["sessions"]
    office.call("nux", "monitor.restart", id="errs")
    found = office.call("nux", "session.list", agent_id="monitor:errs")["sessions"]
    assert [each.get("end_reason") for each in found if each["session_id"] == session["session_id"]]
    assert len([each for each in found if not each.get("ended_at")]) == 1
    everyone = office.send("max", "for all")["recipients"]
    assert "monitor:errs" not in {each["agent_id"] for each in everyone}


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "no name": ({"name": ""}, "invalid_params"),
    "a name that is none": ({"name": "a:b"}, "invalid_params"),
    "no argv": ({"argv": []}, "invalid_params"),
    "no program": ({"argv": [""]}, "invalid_params"),
    "argv is no list": ({"argv": "x"}, "invalid_params"),
    "env is no object": ({"env": []}, "invalid_params"),
    "a variable that is none": ({"env": {"A=B": "x"}}, "invalid_params"),
    "NUL": ({"argv": ["sh", "\0"]}, "invalid_params"),
    "no target": ({"target": ""}, "invalid_params"),
    "nothing but an at": ({"target": " @ "}, "invalid_params"),
    "nobody": ({"target": "@nobdoy"}, "unknown_recipient"),
    "no directory": ({"cwd": ""}, "invalid_params"),
    "a directory that is none": ({"cwd": "/nosuch"}, "not_found"),
    "a relative one": ({"cwd": "."}, "not_found"),
    "a pattern": ({"match": "("}, "invalid_params"),
    "a pattern that looks around": ({"match": "(?=x)"}, "invalid_params"),
    "too often": ({"debounce_seconds": 29}, "invalid_params"),
    "in the past": ({"debounce_seconds": -60}, "invalid_params"),
    "a schedule": ({"schedule": "* * *"}, "invalid_params"),
    "a program that is not there": ({"argv": ["nosuchprogram"]}, "program"),
    "one by a schedule": ({"argv": ["nosuch"], "schedule": "* * * * *"}, "program"),
    "too much": ({"argv": ["sh", "x" * 70_000]}, "too_large"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_is_refused_and_leaves_nothing(office: Any, case: str) -> None:
    changes, kind = BAD[case]
    params = {
        "name": "x",
        "argv": STAYS,
        "match": "",
        "target": "@lead",
        "cwd": str(office.repository),
        **changes,
    }
    assert office.refused("nux", "monitor.start", **params) == kind
    assert office.call("nux", "monitor.list", include_all=True) == []
    assert office.parts.children.running() == []


def test_two_have_not_one_name(office: Any) -> None:
    start(office)
    assert office.refused("max", "monitor.start", **_like(office)) == "conflict"
    office.call("nux", "monitor.stop", id="errs")
    assert office.refused("max", "monitor.start", **_like(office)) == "conflict"


def _like(office: Any) -> dict[str, Any]:
    here = str(office.repository)
    return {"name": "errs", "argv": STAYS, "match": "E", "target": "@lead", "cwd": here}


@pytest.mark.parametrize("verb", ["stop", "restart", "remove"])
def test_only_whose_it_is_and_who_is_in_charge_end_it(office: Any, verb: str) -> None:
    pid = start(office)["pid"]
    assert office.refused("max", f"monitor.{verb}", id="errs") == "not_allowed"
    assert office.refused("nobody", f"monitor.{verb}", id="errs") == "anonymous_caller"
    assert office.call("max", "monitor.show", id="errs")["pid"] == pid
    office.call("lead", f"monitor.{verb}", id="errs")


def test_nobody_in_particular_may_look_but_not_begin(office: Any) -> None:
    start(office)
    eventually(lambda: logs(office))
    assert len(office.call("nobody", "monitor.list")) == 1
    assert office.call("nobody", "monitor.logs", id="errs")
    assert office.call("nobody", "monitor.show", id="errs")["name"] == "errs"
    assert office.refused("nobody", "monitor.output", id="errs") == "anonymous_caller"
    assert office.refused("nobody", "monitor.start", **_like(office)) == "anonymous_caller"


@pytest.mark.parametrize("verb", ["show", "stop", "restart", "remove", "logs", "output"])
def test_one_that_is_not_there(office: Any, verb: str) -> None:
    assert office.refused("lead", f"monitor.{verb}", id="mon_nope") == "not_found"
    assert office.refused("lead", f"monitor.{verb}") == "invalid_params"


def test_a_schedule_waits(office: Any) -> None:
    assert start(office, schedule="0 0 29 2 *").keys() == {"id"}
    row = office.call("nux", "monitor.show", id="errs")
    assert (row["status"], row["schedule"]) == ("running", "0 0 29 2 *")
    eventually(lambda: office.call("nux", "monitor.show", id="errs").get("next_run_at"))
    assert office.parts.children.running() == []


def test_one_that_ended_is_run_again(office: Any) -> None:
    pid = start(office)["pid"]
    os.kill(pid, signal.SIGKILL)
    eventually(lambda: office.call("nux", "monitor.show", id="errs").get("pid") not in {None, pid})
    assert office.call("nux", "monitor.show", id="errs")["last_exit_code"] == -1


@pytest.mark.parametrize(
    "text", ["$(touch here)", "`touch here`", "a; touch here", "'\"\n*", "-n", "\u202e", "é"]
)
def test_no_shell_reads_what_is_said(office: Any, text: str) -> None:
    start(office, argv=["printf", "E%s\\n", text], env={"V": text}, match="")
    eventually(lambda: logs(office))
    assert logs(office)[-1].startswith("E")
    assert not (office.repository / "here").exists()


def test_a_target_that_went_is_told_and_who_began_it_gets_the_report(office: Any) -> None:
    script = "while ! test -e go; do sleep 0.02; done; echo E; exec sleep 600"
    start(office, argv=["sh", "-c", script], target="@max")
    office.call("max", "agent.delete", name="max")
    (office.repository / "go").touch()
    eventually(lambda: office.inbox("nux"))
    (text,) = office.inbox("nux")
    assert text.startswith("E\n")
    assert "@max is nobody" in text
    row = office.call("nux", "monitor.show", id="errs")
    assert "nux got it" in row["trouble"]


def test_what_is_stored_and_sent_holds_no_secret_but_where_it_must(office: Any) -> None:
    token = "ghp_" + "aB3" * 14
    script = f"echo E {token} {SECRET} password={SECRET}; exec sleep 600"
    start(office, argv=["sh", "-c", script], env={"S": SECRET})
    eventually(lambda: logs(office))
    var = office.parts.place.var
    with closing(sqlite3.connect(f"file:{var / 'messages.db'}?mode=ro", uri=True)) as db:
        stored = "\n".join(str(row) for row in db.execute("SELECT event_json FROM events"))
    files = "".join(each.read_text() for each in (var / "monitors").iterdir())
    for text in (stored, files, str(office.call("nux", "monitor.list"))):
        assert SECRET not in text
        assert token not in text
