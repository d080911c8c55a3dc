"""Links count once and for two minutes; logins a month, over restarts, until they are ended."""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path
from typing import NoReturn

import anyio
import anyio.lowlevel
import pytest

from thrum.daemon.state import State, Tables
from thrum.daemon.web import logins
from thrum.daemon.web.logins import LINK_NS, LOGIN_S, MOST_LINKS, MOST_LOGINS, SECOND_NS, Logins
from thrum.errors import ThrumError

pytestmark = pytest.mark.anyio


class Clock:
    """A clock that is set."""

    ns = 1_700_000_000 * SECOND_NS

    def __call__(self) -> int:
        return self.ns


@pytest.fixture
def clock() -> Clock:
    """The clock of the logins."""
    return Clock()


@pytest.fixture
def tables(tmp_path: Path, clock: Clock) -> Tables:
    """Where they are kept."""
    return State.open(tmp_path / "state.db", (logins.SCHEMA,), clock).of("web")


@pytest.fixture
def known(clock: Clock) -> Logins:
    """Nobody is in."""
    return Logins(clock, os.urandom)


def test_a_link_counts_once(known: Logins) -> None:
    secret = known.link("user:dana")
    assert known.redeem(secret + "x") == known.redeem("") == ""
    assert known.redeem(secret) == "user:dana"
    assert known.redeem(secret) == ""


@pytest.mark.parametrize(("after", "person"), [(LINK_NS - 1, "user:dana"), (LINK_NS, "")])
def test_a_link_counts_for_two_minutes(
    known: Logins, clock: Clock, after: int, person: str
) -> None:
    secret = known.link("user:dana")
    clock.ns += after
    assert known.redeem(secret) == person


def test_so_many_links_count_at_once(known: Logins) -> None:
    secrets = [known.link(f"user:p{n}") for n in range(MOST_LINKS + 3)]
    assert [known.redeem(each) for each in secrets[:3]] == ["", "", ""]
    assert known.redeem(secrets[3]) == "user:p3"


async def test_a_login_outlives_the_daemon(known: Logins, clock: Clock, tables: Tables) -> None:
    secret = await known.enter(tables, "user:dana")
    again = Logins(clock, os.urandom)
    await again.read(tables)
    for each in (known, again):
        found = each.by_cookie(secret)
        assert found is not None
        assert found.user_id == "user:dana"
        assert each.by_token(logins.token_of(secret)) == found
        assert each.by_token(secret) is None
        assert each.by_cookie(logins.token_of(secret)) is None
        assert each.by_cookie("") is None


async def test_what_is_kept_lets_nobody_in(known: Logins, tables: Tables, tmp_path: Path) -> None:
    secret = await known.enter(tables, "user:dana")
    db = sqlite3.connect(tmp_path / "state.db")
    row = db.execute("SELECT * FROM web_logins").fetchone()
    db.close()
    assert secret not in row
    for each in row:
        assert known.by_cookie(each) is None
        assert known.by_token(each) is None


async def test_a_login_ends_after_a_month(known: Logins, clock: Clock, tables: Tables) -> None:
    secret = await known.enter(tables, "user:dana")
    clock.ns += LOGIN_S * SECOND_NS - 1
    assert known.by_cookie(secret)
    clock.ns += 1
    assert known.by_cookie(secret) is None
    await known.enter(tables, "user:dana")
    assert len(await tables.ask(lambda db: db.execute("SELECT * FROM web_logins").fetchall())) == 1


async def test_a_person_ends_their_logins_and_nobody_elses(known: Logins, tables: Tables) -> None:
    mine = [await known.enter(tables, "user:dana") for _ in range(2)]
    other = await known.enter(tables, "user:eve")
    link, others = known.link("user:dana"), known.link("user:eve")
    assert await known.leave(tables, "user:dana") == 2
    assert [known.by_cookie(each) for each in mine] == [None, None]
    assert known.by_cookie(other)
    assert (known.redeem(link), known.redeem(others)) == ("", "user:eve")


async def test_so_many_logins_are_kept(known: Logins, clock: Clock, tables: Tables) -> None:
    secrets = []
    for _ in range(MOST_LOGINS + 2):
        clock.ns += SECOND_NS
        secrets.append(await known.enter(tables, "user:dana"))
    assert [bool(known.by_cookie(each)) for each in secrets[:3]] == [False, False, True]
    assert known.by_cookie(secrets[-1])


@pytest.mark.parametrize("first", ["enter", "leave"])
async def test_who_comes_in_while_all_logins_end_does_not_stay(
    known: Logins, clock: Clock, tables: Tables, first: str
) -> None:
    """In whichever order they begin; nobody else is kept out, nor is who comes in afterwards."""
    before = await known.enter(tables, "user:dana")
    links = [known.link("user:dana"), known.link("user:eve")]
    cookies: list[str] = []

    async def enter(link: str) -> None:
        person = known.redeem(link)
        cookies.append(await known.enter(tables, person) if person else "")

    async def leave() -> None:
        await known.leave(tables, "user:dana")

    async with anyio.create_task_group() as tasks:
        if first == "leave":
            tasks.start_soon(leave)
        for link in links:
            tasks.start_soon(enter, link)
        if first == "enter":
            tasks.start_soon(leave)
        await anyio.lowlevel.checkpoint()
        assert known.by_cookie(before) is None, "it ends at once, whatever the disk does"
    again = Logins(clock, os.urandom)
    await again.read(tables)
    for each in (known, again):
        valid = [login.user_id for login in map(each.by_cookie, cookies) if login]
        assert valid == ["user:eve"]
        assert each.by_cookie(before) is None
    later = await known.enter(tables, "user:dana")
    assert known.by_cookie(later)


async def test_a_disk_that_refuses_lets_nobody_stay(
    known: Logins, tables: Tables, monkeypatch: pytest.MonkeyPatch
) -> None:
    cookie = await known.enter(tables, "user:dana")

    async def refuse(decide: object) -> NoReturn:
        raise ThrumError("storage", "the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Tables, "write", lambda self, decide: refuse(decide))
        with pytest.raises(ThrumError):
            await known.leave(tables, "user:dana")
    assert known.by_cookie(cookie) is None
    assert known.by_cookie(await known.enter(tables, "user:eve"))
