"""Putting messages away and deleting all of one's own."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from thrum import events
from thrum.daemon.archives import Archive


@pytest.fixture
def three(node: Any) -> Any:
    """A node with furiosa and nux, testers, and max, a coordinator; nux is in the group crew."""
    node.agent("furiosa")
    node.agent("nux")
    node.agent("max", role="coordinator")
    node.call("furiosa", "group.create", name="crew")
    member = {"group": "crew", "member_type": "agent", "member_value": "nux"}
    node.call("furiosa", "group.member.add", **member)
    return node


def archive(node: Any, agent: str, kind: str, identifier: str) -> Any:
    return node.call(agent, "message.archive", archive_type=kind, identifier=identifier)


def lines(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(answer["archive_path"]).read_text().splitlines()]


def test_ones_own_messages_are_put_away_and_gone(three: Any) -> None:
    first = three.send("furiosa", "one ünï", to="nux", structured={"a": 1})
    three.send("furiosa", "two", reply_to=first["message_id"], scopes=[{"type": "t", "value": "v"}])
    three.send("nux", "stays", to="furiosa")
    answer = archive(three, "furiosa", "agent", "@furiosa")
    assert answer["archived_count"] == 2
    path = Path(answer["archive_path"])
    assert path == three.repository / ".thrum" / "archive" / "furiosa.jsonl"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    one, two = lines(answer)
    assert one["body"] == {"format": "markdown", "content": "one ünï", "structured": '{"a":1}'}
    assert one["refs"] == [{"type": "mention", "value": "nux"}]
    assert (one["scopes"], one["message_id"]) == ([], first["message_id"])
    assert (two["reply_to"], two["thread_id"]) == (one["message_id"], one["thread_id"])
    assert three.inbox("nux") == []
    assert three.inbox("furiosa") == ["stays"]
    assert archive(three, "furiosa", "agent", "furiosa")["archived_count"] == 0


def test_an_archive_is_added_to_and_takes_no_message_twice(three: Any) -> None:
    three.send("furiosa", "one", to="nux")
    answer = archive(three, "furiosa", "agent", "furiosa")
    path = Path(answer["archive_path"])
    # As if it had been cut short: one message is archived and not deleted, the next line is torn.
    sent = three.send("furiosa", "two", to="nux")
    with path.open("a") as file:
        file.write(json.dumps({"message_id": sent["message_id"]}) + '\n{"message_id": "msg_')
    three.send("furiosa", "three", to="nux")
    assert archive(three, "furiosa", "agent", "furiosa")["archived_count"] == 2
    raw = path.read_text().splitlines()
    assert len(raw) == 4
    assert raw[2] == '{"message_id": "msg_'
    assert json.loads(raw[3])["body"]["content"] == "three"


def test_many_are_put_away_in_portions(three: Any) -> None:
    for number in range(201):
        three.send("furiosa", str(number), to="nux")
    answer = archive(three, "max", "agent", "furiosa")
    assert answer["archived_count"] == 201
    assert [row["body"]["content"] for row in lines(answer)] == [str(n) for n in range(201)]


def test_what_is_sent_meanwhile_stays(three: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        three.send("furiosa", str(number), to="nux")
    monkeypatch.setattr("thrum.daemon.rpc.deleting.AT_ONCE", 1)
    real = Archive.add

    def sends_as_well(self: Archive, rows: Any) -> int:
        message = events.MessageCreate(
            message_id=three.parts.ids.make("msg"),
            agent_id="furiosa",
            session_id="s",
            body=events.Body(format="markdown", content="meanwhile"),
            recipients=["nux"],
            refs=[events.Pair("mention", "nux")],
        )
        three.store.transact_blocking(lambda transaction: transaction.emit(message))
        return real(self, rows)

    monkeypatch.setattr(Archive, "add", sends_as_well)
    assert archive(three, "furiosa", "agent", "furiosa")["archived_count"] == 3
    assert three.inbox("nux") == ["meanwhile"] * 3


def test_a_groups_messages(three: Any) -> None:
    three.send("max", "for the crew", mentions=["crew"])
    three.send("max", "for nux", to="nux")
    params = {"archive_type": "group", "identifier": "crew"}
    assert three.refused("nux", "message.archive", **params) == "not_allowed"
    answer = archive(three, "furiosa", "group", "crew")
    assert [row["body"]["content"] for row in lines(answer)] == ["for the crew"]
    assert three.inbox("nux") == ["for nux"]


@pytest.mark.parametrize(
    ("kind", "params"),
    [
        ("invalid_params", {"archive_type": "role", "identifier": "x"}),
        ("invalid_params", {"archive_type": "agent"}),
        ("invalid_params", {"archive_type": "group", "identifier": "x" * 300}),
        ("not_allowed", {"archive_type": "agent", "identifier": "nux"}),
        ("not_allowed", {"archive_type": "agent", "identifier": "nobody"}),
    ],
)
def test_what_cannot_be_archived(three: Any, kind: str, params: dict[str, str]) -> None:
    three.send("nux", "stays", to="max")
    assert three.refused("furiosa", "message.archive", **params) == kind
    assert not (three.repository / ".thrum" / "archive").exists()
    assert three.inbox("max") == ["stays"]


@pytest.mark.parametrize("name", ["../../out", "/abs", "..", ".hidden", "a/b"])
def test_no_name_leads_out_of_the_folder(three: Any, name: str) -> None:
    three.call("furiosa", "group.create", name=name)
    three.call("furiosa", "group.member.add", group=name, member_type="agent", member_value="nux")
    three.send("max", "for them", mentions=[name])
    answer = archive(three, "furiosa", "group", name)
    path = Path(answer["archive_path"])
    assert path.parent == three.repository / ".thrum" / "archive"
    assert path.resolve() == path
    assert not path.name.startswith(".")
    assert [row["body"]["content"] for row in lines(answer)] == ["for them"]


@pytest.mark.parametrize("which", ["file", "folder"])
def test_links_are_not_followed_and_nothing_is_deleted(
    three: Any, tmp_path: Path, which: str
) -> None:
    three.send("furiosa", "stays", to="nux")
    outside = tmp_path / "outside"
    folder = three.repository / ".thrum" / "archive"
    if which == "folder":
        outside.mkdir()
        folder.symlink_to(outside)
    else:
        outside.write_text("")
        folder.mkdir()
        (folder / "furiosa.jsonl").symlink_to(outside)
    params = {"archive_type": "agent", "identifier": "furiosa"}
    assert three.refused("furiosa", "message.archive", **params) == "not_allowed"
    assert three.inbox("nux") == ["stays"]
    assert not (outside.read_text() if which == "file" else list(outside.iterdir()))


def test_all_of_ones_own_messages_are_deleted(three: Any) -> None:
    for number in range(3):
        three.send("furiosa", str(number), to="nux")
    three.send("max", "stays", to="nux")
    assert three.refused("max", "message.deleteByAgent", agent_id="furiosa") == "not_allowed"
    assert three.refused("max", "message.deleteByAgent") == "invalid_params"
    assert three.refused("nobody", "message.deleteByAgent", agent_id="nobody") == "anonymous_caller"
    answer = three.call("furiosa", "message.deleteByAgent", agent_id="furiosa")
    assert answer == {"deleted_count": 3}
    assert three.inbox("nux") == ["stays"]
    assert three.call("furiosa", "message.deleteByAgent", agent_id="furiosa")["deleted_count"] == 0


def test_messages_of_a_scope_are_deleted_by_who_is_in_charge(node: Any) -> None:
    node.agent("nux")
    node.agent("boss", role="coordinator")
    auth, web = ({"type": "module", "value": value} for value in ("auth", "web"))
    for number in range(203):
        node.send("nux", str(number), scopes=[auth])
    node.send("nux", "stays", scopes=[web])
    wanted = {"scope_type": "module", "scope_value": "auth"}
    assert node.refused("nux", "message.deleteByScope", **wanted) == "not_allowed"
    assert node.refused("boss", "message.deleteByScope", scope_type="module") == "invalid_params"
    assert len(node.inbox("boss", page_size=100)) == 100
    assert node.call("boss", "message.deleteByScope", **wanted) == {"deleted_count": 203}
    assert node.inbox("boss") == ["stays"]
    assert node.call("boss", "message.deleteByScope", **wanted) == {"deleted_count": 0}
