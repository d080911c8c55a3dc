"""``user.link`` and ``user.logout``: how a person comes in by a browser, and how that ends."""

from __future__ import annotations

import msgspec

from thrum.daemon.rpc.registry import Call, Params, Rights, method
from thrum.daemon.rpc.user import Person, enrol, identify
from thrum.daemon.web.service import Web
from thrum.errors import ThrumError
from thrum.identity import process


class Link(msgspec.Struct):
    """Where the person comes in, once and within two minutes; `address` is where pages are."""

    url: str
    address: str
    user_id: str


class LoggedOut(msgspec.Struct):
    """How many browsers have to come in anew."""

    logins: int


@method("user.link", rights=Rights.CLONE, anonymous=True, errors=("not_allowed", "not_found"))
async def link(call: Call, params: Params) -> Link:
    """Makes a link by which the person at this machine comes in by a browser.

    It is for people: a process below an agent's program gets none.
    """
    _demand_person(call)
    web = call.service(Web)
    if not web.address:
        raise ThrumError("not_found", "pages are not served", "see `thrum daemon status`")
    person: Person = await identify(call, params)
    known = await enrol(call, person.username, person.display)
    secret = web.logins.link(known.user_id)
    return Link(f"{web.address}/login?t={secret}", web.address, known.user_id)


@method("user.logout", rights=Rights.CLONE, anonymous=True, errors=("not_allowed", "not_found"))
async def logout(call: Call, params: Params) -> LoggedOut:
    """Ends all logins of the person at this machine, and their connections."""
    _demand_person(call)
    person: Person = await identify(call, params)
    user_id = f"user:{person.username}"
    web = call.service(Web)
    count = await web.logins.leave(web.tables, user_id)
    web.turn_out(user_id)
    return LoggedOut(count)


def _demand_person(call: Call) -> None:
    """Refuses whoever is an agent, or runs below an agent's program.

    Raises:
        ThrumError: ``not_allowed``.
    """
    pid = call.caller.pid
    if pid <= 0 or call.caller.rule == "pid" or process.runtime(pid):
        raise ThrumError(
            "not_allowed",
            "the web page is a person's, and this was asked by an agent's program",
            "ask the person to run `thrum ui` in a terminal of their own",
        )
