import json
import stat
from pathlib import Path

import pytest

from thrum.daemon.peers.book import PeerBook
from thrum.daemon.peers.peer import Peer, prefix
from thrum.errors import ThrumError


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "peers.json"


def opened(path: Path) -> PeerBook:
    book = PeerBook(path, "d_me")
    book.read()
    return book


def test_what_is_entered_is_there_the_next_time(path: Path) -> None:
    book = opened(path)
    assert list(book) == []
    book.put(Peer("box", "127.0.0.1:9999", "d_1", token="t1", remote_repo_name="The Shop.Web"))
    book.put(Peer("box", "127.0.0.1:9998", "d_2", token="t2"))
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = opened(path)
    assert [(each.name, each.daemon_id) for each in again] == [("box", "d_1"), ("box-2", "d_2")]
    assert again.tokens == {"d_1": "t1", "d_2": "t2"}
    assert again.find("box-2") is again.get("d_2") is again.find("d_2")
    assert again.find("box").proxy_prefix == "the-shop-web"
    again.remove("d_1")
    assert [each.name for each in opened(path)] == ["box-2"]
    with pytest.raises(ThrumError, match=r"known are box-2"):
        again.find("box")


def test_no_two_prefixes_are_one_and_none_means_something_else(path: Path) -> None:
    book = opened(path)
    for number, repository in enumerate(("shop", "Shop", "user", "tg", "everyone", "daemon")):
        book.put(Peer(repository, "", f"d_{number}", remote_repo_name=repository))
    said = [each.proxy_prefix for each in opened(path)]
    assert said == ["shop", "shop-2", "user-2", "tg-2", "everyone-2", "daemon-2"]
    # Who comes back is called as before, whoever came meanwhile.
    again = opened(path)
    again.remove("d_0")
    assert next(each.proxy_prefix for each in opened(path)) == "shop-2"


def test_what_newer_programs_say_is_kept(path: Path) -> None:
    row = {"name": "box", "address": "", "daemon_id": "d_1", "colour": "red"}
    path.write_text(json.dumps({"local": {"daemon_id": "d_me", "port": 9100}, "peers": [row]}))
    opened(path).put(Peer("two", "", "d_2"))
    found = json.loads(path.read_text())
    assert found["local"] == {"daemon_id": "d_me", "port": 9100}
    assert found["peers"][0]["colour"] == "red"


def test_the_older_form_is_understood(path: Path) -> None:
    path.write_text(json.dumps([{"name": "box", "address": "h:1", "daemon_id": "d_1"}]))
    assert [each.name for each in opened(path)] == ["box"]


@pytest.mark.parametrize("text", ["{", "7", '{"peers": [7]}', '{"peers": [{"name": 7}]}', "[" * 99])
def test_one_that_cannot_be_read_is_left_alone(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(ThrumError) as refused:
        opened(path)
    assert refused.value.kind == "config"
    assert path.read_text() == text


def test_a_disk_that_refuses_changes_nothing(path: Path) -> None:
    book = PeerBook(path / "no" / "folder", "d_me")
    with pytest.raises(ThrumError, match="cannot be written"):
        book.put(Peer("box", "", "d_1"))
    assert list(book) == []


@pytest.mark.parametrize(
    ("text", "made"),
    [("Web.Shop/x y", "web-shop-x-y"), ("é!", ""), ("--a", "a"), ("A" * 99, "a" * 32)],
)
def test_prefixes(text: str, made: str) -> None:
    assert prefix(text) == made


def test_a_peer_that_is_another_daemon_by_now_stays_the_same_peer(path: Path) -> None:
    book = opened(path)
    one = Peer("box", "127.0.0.1:9999", "d_1", token="t1")
    book.put(one)
    book.put(Peer("two", "127.0.0.1:9998", "d_2", token="t2"))
    with pytest.raises(ThrumError, match="two is known by the id d_2"):
        book.change(one, daemon_id="d_2", address="127.0.0.1:1")
    assert (one.daemon_id, one.address) == ("d_1", "127.0.0.1:9999")
    book.change(one, daemon_id="d_9", address="127.0.0.1:1")
    assert book.get("d_9") is one
    assert book.tokens == opened(path).tokens == {"d_9": "t1", "d_2": "t2"}
    assert [each.name for each in opened(path)] == ["box", "two"]
    book.change(one, daemon_id="d_1")
    book.change(one, name="crate")
    assert opened(path).find("crate").ids == ("d_1", "d_9")


def test_the_book_of_another_id_is_kept_once(path: Path) -> None:
    opened(path).put(Peer("box", "127.0.0.1:9999", "d_1", token="t1"))
    before = path.read_text()
    aside = path.with_name("peers.json.pre-rotation-bak")
    for now in ("d_new", "d_newer"):
        book = PeerBook(path, now)
        book.read()
        assert book.own["daemon_id"] in {"d_me", "d_new", now}
        assert aside.read_text() == before
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    assert json.loads(path.read_text())["local"]["daemon_id"] == "d_newer"
    assert opened(path).ids == ("d_me", "d_newer", "d_new")


@pytest.mark.parametrize("former", [None, 7, "d_old", [7, "", None]])
def test_what_is_no_former_id_is_none(path: Path, former: object) -> None:
    path.write_text(json.dumps({"local": {"daemon_id": "d_me", "former_ids": former}, "peers": []}))
    assert opened(path).ids == ("d_me",)
