"""Clones that let count only what is signed."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.integration.conftest import World, eventually
from tests.integration.test_signatures import Pair, forge_line, line_of, paired


def require(pair: Pair, where: Path, word: str = "require") -> None:
    file = where / ".thrum/config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "signatures": word}))
    pair.thrum(where, "daemon", "restart")
    eventually(lambda: bool(rule(where)) is (word == "require"))


def rule(where: Path) -> str:
    with closing(sqlite3.connect(where / ".thrum/var/messages.db")) as db:
        row = db.execute("SELECT rule FROM gate").fetchone()
        return str(row[0]) if row else ""


def noted(where: Path) -> set[str]:
    """The keys about which something is noted."""
    with closing(sqlite3.connect(where / ".thrum/var/state.db")) as db:
        return {key for (key,) in db.execute("SELECT key_id FROM signing_keys")}


def withheld(where: Path) -> dict[str, str]:
    """Why events do not count, by the text of the message."""
    with closing(sqlite3.connect(where / ".thrum/var/messages.db")) as db:
        return dict(
            db.execute(
                "SELECT json_extract(event_json, '$.body.content'), withheld FROM events"
                " WHERE withheld IS NOT NULL AND type = 'message.create'"
            )
        )


def texts(pair: Pair, where: Path) -> set[str]:
    return {each["body"]["content"] for each in pair.inbox(where)}


@pytest.fixture
def pair(world: World, monkeypatch: pytest.MonkeyPatch) -> Pair:
    return paired(world, monkeypatch)


def forged(pair: Pair, text: str, number: int, **more: object) -> None:
    """Has somebody who can push write in ann's name, without a signature."""
    line = line_of(pair, pair.one, "from ann")
    del line["sig"]
    line |= {
        "event_id": f"evt_01KDVDNA00C9GKCRSGC5HP6D{number}G",
        "message_id": f"msg_01KDVDNA00C9GKCRSGC5HP6D{number}G",
        "body": {**line["body"], "content": text},
    }
    forge_line(pair, pair.two, "messages/ann.jsonl", {**line, **more})


def test_what_is_not_verified_is_withheld_and_comes_in_when_it_is_not_asked_for(
    pair: Pair,
) -> None:
    pair.thrum(pair.one, "send", "from ann", "--to", "@bob")
    pair.exchange()
    forged(pair, "from before", 11)
    pair.exchange()
    eventually(lambda: texts(pair, pair.two) == {"from ann", "from before"})
    require(pair, pair.two)
    assert texts(pair, pair.two) == {"from ann", "from before"}
    forged(pair, "from nobody", 12)
    pair.thrum(pair.one, "send", "from ann again", "--to", "@bob")
    pair.exchange()
    eventually(lambda: "from ann again" in texts(pair, pair.two))
    assert "from nobody" not in texts(pair, pair.two)
    assert withheld(pair.two) == {"from nobody": "no signature"}
    told = pair.thrum(pair.two, "daemon", "status")
    assert "Withheld: 1 event without a good signature" in told
    told = pair.world.thrum(pair.two, "doctor", check=False).out
    assert "is withheld: no signature" in told
    # A database that is built anew holds the same.
    pair.thrum(pair.two, "daemon", "stop")
    (pair.two / ".thrum/var/messages.db").unlink()
    pair.thrum(pair.two, "daemon", "start")
    assert texts(pair, pair.two) == {"from ann", "from before", "from ann again"}
    assert withheld(pair.two) == {"from nobody": "no signature"}
    pair.thrum(pair.two, "daemon", "stop")
    assert "rows of the table" not in pair.world.thrum(pair.two, "doctor", check=False).out
    pair.thrum(pair.two, "daemon", "start")
    require(pair, pair.two, "warn")
    assert "from nobody" in texts(pair, pair.two)
    assert withheld(pair.two) == {}


def test_a_key_that_is_accepted_or_refused_decides_what_counts(pair: Pair) -> None:
    require(pair, pair.two)
    pair.thrum(pair.one, "send", "by the first", "--to", "@bob")
    first = pair.own(pair.one)
    pair.exchange()
    eventually(lambda: texts(pair, pair.two) == {"by the first"})
    # Until it is noted as the first one, another may claim to be.
    eventually(lambda: first in noted(pair.two))
    pair.thrum(pair.one, "daemon", "stop")
    (pair.one / ".thrum/var/signing.key").unlink()
    (pair.one / ".git/thrum/signing.key").unlink()
    pair.thrum(pair.one, "daemon", "start")
    pair.thrum(pair.one, "send", "by the second", "--to", "@bob")
    pair.exchange()
    eventually(lambda: "by the second" in withheld(pair.two))
    assert texts(pair, pair.two) == {"by the first"}
    second = pair.own(pair.one)
    waiting = pair.world.thrum(pair.two, "doctor", check=False).out
    assert f"thrum keys accept {second[:12]}" in waiting
    pair.thrum(pair.two, "keys", "accept", second, "--yes")
    assert texts(pair, pair.two) == {"by the first", "by the second"}
    pair.thrum(pair.two, "keys", "revoke", second, "--since", "2020-01-01", "--yes")
    assert texts(pair, pair.two) == {"by the first"}
    assert withheld(pair.two) == {"by the second": "a key that was revoked"}


def test_nothing_is_written_unsigned_where_signatures_are_required(pair: Pair) -> None:
    pair.own(pair.one)
    require(pair, pair.one)
    pair.thrum(pair.one, "daemon", "stop")
    for place in (".thrum/var/signing.key", ".git/thrum/signing.key"):
        (pair.one / place).write_text("spoilt")
    pair.thrum(pair.one, "daemon", "start")
    done = pair.world.thrum(pair.one, "send", "unsigned", "--to", "@bob", check=False)
    assert (done.code, "nothing is written that is not signed" in done.err) == (1, True)
    told = pair.world.thrum(pair.one, "doctor", check=False).out
    assert "signing.key" in told


def test_a_clone_that_lost_key_and_facts_counts_what_it_wrote_before(pair: Pair) -> None:
    pair.thrum(pair.one, "send", "by the first", "--to", "@bob")
    first = pair.own(pair.one)
    require(pair, pair.one)
    pair.thrum(pair.one, "daemon", "stop")
    for place in (".thrum/var", ".git/thrum"):
        (pair.one / place / "signing.key").unlink()
    for path in (pair.one / ".thrum/var").glob("*.db*"):
        path.unlink()
    pair.thrum(pair.one, "daemon", "start")
    pair.thrum(pair.one, "send", "by the second", "--to", "@bob")
    second = pair.own(pair.one)
    eventually(
        lambda: (
            {pair.keys(pair.one)[key]["state"] for key in (first, second)} == {"ours", "trusted"}
        )
    )
    pair.thrum(pair.one, "daemon", "restart")
    assert {pair.keys(pair.one)[key]["state"] for key in (first, second)} == {"ours", "trusted"}
    assert withheld(pair.one) == {}
    sent = json.loads(pair.thrum(pair.one, "sent", "--json"))["messages"]
    assert {each["body"]["content"] for each in sent} == {"by the first", "by the second"}
