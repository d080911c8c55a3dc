"""The attacks of `test_hostile.py` by every transport's authenticator, through the one door.

They come in from objects instead of sockets (`lines.py`), at a daemon with all its services over a
real repository. Who may call what, and over which transport, stands here as a table: whoever
changes a method's rights has to change it here as well.
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest

from tests.integration.conftest import world_in
from tests.integration.lines import Doorway, Line, doorway
from tests.integration.town import (
    BOSS,
    OWN,
    READING,
    ROLES,
    VICTIM,
    Asked,
    Town,
    but_for_doing,
    by_what_is_left,
    differences,
    settle,
)
from tests.rows import row
from thrum.daemon.callers.authenticators import BoundUser, PeerToken, Visitor
from thrum.daemon.callers.caller import Caller, State
from thrum.daemon.rpc.registry import Call, Method, Params, Rights, Transport
from thrum.daemon.services import METHODS
from thrum.identity import files

PERSON: Final = "user:toast"
EVE: Final = "user:eve"
TOKENS: Final = {"d_peer": "secret", "d_without": ""}
PEOPLE_MAY: Final = {Rights.OWNER, Rights.CHARGE}


@dataclass
class Hall:
    """A town whose daemon is in this process; some of it is a person's.

    Attributes:
        lines: a connection of each agent from its home, and of each person.
    """

    town: Town
    door: Doorway
    lines: dict[str, Line]

    def results(self, who: str, *requests: Asked) -> list[Any]:
        """What requests of somebody give; all must be granted."""
        answers = self.door.ask(self.lines[who], requests)
        assert all("result" in answer for answer in answers), answers
        return [answer["result"] for answer in answers]

    def touched(self, line: Line, requests: list[Asked]) -> tuple[list[str], list[Any]]:
        """What of the victim's differs after these requests, and their answers."""
        before = self._belongings(line)
        answers = self.door.ask(line, requests)
        return differences(before, self._belongings(line)), answers

    def _belongings(self, line: Line) -> list[str]:
        """What there is once everybody sees what somebody was answered of."""
        self.door.ask(line, [("health", {})])
        return self.town.belongings()


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hall]:
    """A hall in which an agent and a person have something of everything."""
    root = tmp_path_factory.mktemp("hall")
    with world_in(root) as world, ExitStack() as stack:
        town = Town(world, root)
        town.found()
        world.thrum(town.main, "init", "--non-interactive", "--no-daemon")
        door = stack.enter_context(doorway(town.main, world.environment))
        made = Hall(town, door, {})
        for name, role in ROLES.items():
            made.lines[name], _ = stack.enter_context(door.standing(town.home(name)))
            move_in(made, name, role)
        settle(town, made.results)
        settle_people(made)
        yield made


def move_in(hall: Hall, name: str, role: str) -> None:
    """Registers an agent at its home."""
    home = hall.town.home(name)
    here = {"type": "worktree", "value": str(home)}
    hall.results(name, ("agent.register", {"name": name, "role": role, "module": "x"}))
    (begun,) = hall.results(name, ("session.start", {"agent_id": name, "refs": [here]}))
    files.write(files.folder(home), name, begun["started_at"], worktree=str(home))


def settle_people(hall: Hall) -> None:
    """Gives the person something of everything, and says how that could be reached for, too."""
    for user in (PERSON, EVE):
        hall.lines[user] = Line(Transport.WEBSOCKET, BoundUser(user))
        register: Asked = ("user.register", {"username": user.removeprefix("user:")})
        hall.results(user, register, ("session.start", {"agent_id": user}))
    mine, guild, asked, me = hall.results(
        PERSON,
        ("message.send", {"content": "a person's", "to": BOSS, "idempotency_key": "key"}),
        ("group.create", {"name": "guild"}),
        ("subscribe", {"all": True}),
        ("agent.whoami", {}),
    )
    (theirs,) = hall.results(BOSS, ("message.send", {"content": "unread", "to": PERSON}))
    messages = [mine["message_id"], theirs["message_id"]]
    hall.town.marks += [PERSON, guild["group_id"], "guild", me["session_id"], *messages]
    forged = hall.town.forged
    forged["message_id"] = [*forged["message_id"], *messages]
    forged["message_ids"] = [*forged["message_ids"], messages]
    forged["session_id"] = [*forged["session_id"], me["session_id"]]
    forged["subscription_id"] = [*forged["subscription_id"], asked["subscription_id"]]
    for name in ("caller_agent_id", "agent_id", "agent_name", "identifier", "agent.delete.name"):
        forged[name] = [*forged.get(name, [VICTIM]), PERSON]
    forged["username"] = [PERSON.removeprefix("user:")]
    for name in ("group.delete.name", "group", "scope_value"):
        forged[name] = ["crew", "guild"]


# -- who comes in --


Comes = Callable[[Hall], "AbstractContextManager[Line]"]


def bound(user_id: str) -> Comes:
    """A WebSocket that was bound to that person, or to nobody."""
    return lambda hall: nullcontext(Line(Transport.WEBSOCKET, BoundUser(user_id)))


def peer(token: str) -> Comes:
    """Somebody who says to be another repository's daemon, and shows that token."""
    return lambda hall: nullcontext(Line(Transport.PEER, PeerToken(TOKENS, token)))


@contextmanager
def nowhere(hall: Hall) -> Iterator[Line]:
    """A process outside of every worktree."""
    with hall.door.standing(Path("/")) as (line, _):
        yield line


@contextmanager
def visiting(hall: Hall) -> Iterator[Line]:
    """The attacker by its process, in the victim's worktree."""
    with hall.door.standing(hall.town.home(VICTIM)) as (line, found):
        folder, now = files.folder(hall.town.home(OWN)), "2100-01-01T00:00:00Z"
        files.write(folder, OWN, now, agent_pid=found.pid, agent_pid_started=found.started)
        yield line
        files.write(folder, OWN, now, agent_pid=0, agent_pid_started="")


COMERS: Final[dict[str, Comes]] = {
    "WebSocket, bound to nobody": bound(""),
    "WebSocket, another person": bound(EVE),
    "WebSocket, a person whom nobody registered": bound("user:nobody"),
    "peer, wrong token": peer("guess"),
    "peer, no token": peer(""),
    "peer, right token": peer("secret"),
    "peer, nobody": lambda hall: nullcontext(Line(Transport.PEER, Visitor())),
    "Unix, the kernel says nothing": lambda hall: nullcontext(hall.door.silent()),
    "Unix, nobody": nowhere,
    "Unix, another agent": lambda hall: nullcontext(hall.lines[OWN]),
    "Unix, a visiting agent": visiting,
}
UNBOUND: Final = "WebSocket, bound to nobody"
"""Who is granted nothing whatever: it may be a page of another user of the machine."""
VISITOR: Final = "peer, nobody"
"""Who comes to be paired."""
STRANGERS: Final = [name for name in COMERS if name.endswith(("nobody", "wrong token", "no token"))]


def attacks_of(hall: Hall, comer: str) -> list[Asked]:
    """What somebody asks for who must reach nothing by it."""
    attacks = hall.town.every_attack()
    if "person" in comer:
        # People may change what is somebody's. In another's name they may not even do that.
        return [each for each in attacks if each[1]["caller_agent_id"] or not open_to_people(each)]
    if "says nothing" in comer:
        # A claim to be the victim would be believed, since there is nothing else to go by.
        return [(name, {**params, "caller_agent_id": _own(params)}) for name, params in attacks]
    return attacks


def open_to_people(asked: Asked) -> bool:
    """Whether people may do that to what is another's."""
    name, params = asked
    speaks_for = name == "message.send" and params["acting_as"] == VICTIM
    return METHODS[name].rights in PEOPLE_MAY or name == "agent.register" or speaks_for


def _own(params: dict[str, Any]) -> str:
    return OWN if params["caller_agent_id"] else ""


def kind_of(answer: Any) -> str:
    """With which kind it is refused; empty if it is granted."""
    return answer["error"]["data"]["kind"] if "error" in answer else ""


@pytest.mark.parametrize("comer", COMERS)
def test_nothing_of_anothers_is_reached(hall: Hall, comer: str) -> None:
    asked = attacks_of(hall, comer)
    with COMERS[comer](hall) as line:
        differs, answers = hall.touched(line, asked)
    assert differs == []
    before = {"anonymous_caller"} if comer in STRANGERS else set()
    for (name, _), answer in zip(asked, answers, strict=True):
        if line.transport not in METHODS[name].transports:
            assert kind_of(answer) in {"wrong_transport", *before}, (name, answer)
    granted = {name for (name, _), answer in zip(asked, answers, strict=True) if "result" in answer}
    if comer in STRANGERS:
        assert granted <= READING
    assert bool(granted) == (line.transport is not Transport.PEER and comer != UNBOUND)


@pytest.mark.parametrize("comer", [name for name in COMERS if "person" in name])
def test_a_person_speaks_in_nobody_elses_name(hall: Hall, comer: str) -> None:
    asked = [each for each in hall.town.every_attack() if each[1]["caller_agent_id"]]
    with COMERS[comer](hall) as line:
        answers = hall.door.ask(line, asked)
    refusals = {kind_of(each) for each in answers}
    assert refusals == {"identity_mismatch", "wrong_transport"}


def test_nothing_of_a_peer_reaches_what_is_not_for_peers(hall: Hall) -> None:
    attacks = hall.town.every_attack()
    asked = [each for each in attacks if Transport.PEER not in METHODS[each[0]].transports]
    for comer in ("peer, wrong token", "peer, no token", "peer, right token"):
        with COMERS[comer](hall) as line:
            answers = hall.door.ask(line, asked)
        refusals = {kind_of(each) for each in answers}
        wanted = (
            {"wrong_transport"} if "right" in comer else {"wrong_transport", "anonymous_caller"}
        )
        assert refusals == wanted, comer


@pytest.mark.parametrize("comer", STRANGERS)
def test_a_stranger_learns_nothing_of_params(hall: Hall, comer: str) -> None:
    with COMERS[comer](hall) as line:
        for name, method in METHODS.items():
            is_open = method.strangers if comer in {UNBOUND, VISITOR} else method.anonymous
            if is_open and line.transport in method.transports:
                continue
            fields = [each.encode_name for each in msgspec.structs.fields(method.params)]
            wrong = [{each: [[1.5]]} for each in fields]
            right = list(hall.town.variants(name))
            tried: list[Any] = [{}, [], 7, *wrong, *right]
            answers = hall.door.ask(line, [(name, each) for each in tried])
            assert kind_of(answers[0]) in {"anonymous_caller", "wrong_transport"}
            assert all(each == answers[0] for each in answers), name


# -- who may call what --


MAY: Final = """
method                 touches  unix     websocket  peer
agent.cleanup          clone    known    known      -
agent.delete           owner    known    known      -
agent.list             reads    anybody  anybody    -
agent.listContext      reads    anybody  anybody    -
agent.lookup           reads    known    -          -
agent.register         caller   anybody  anybody    -
agent.set-status       owner    known    -          -
agent.whoami           reads    anybody  anybody    -
claim.check            reads    anybody  anybody    -
claim.give             owner    known    known      -
claim.list             reads    anybody  anybody    -
claim.release          owner    known    known      -
claim.take             caller   known    known      -
context.clear          owner    known    -          -
context.preamble.save  owner    known    -          -
context.preamble.show  reads    anybody  -          -
context.save           owner    known    -          -
context.show           reads    anybody  -          -
context.sync           owner    known    -          -
context.versions       reads    anybody  -          -
delivery.ask           reads    known    -          -
delivery.given         caller   known    -          -
delivery.wait          reads    known    -          -
doctor.examine         reads    known    known      -
events.since           reads    known    known      -
group.create           caller   known    known      -
group.delete           owner    known    known      -
group.info             reads    anybody  anybody    -
group.list             reads    anybody  anybody    -
group.member.add       owner    known    known      -
group.member.remove    owner    known    known      -
group.members          reads    anybody  anybody    -
health                 reads    anybody  anybody    -
inbox.counts           reads    known    known      -
keys.accept            charge   charge   -          -
keys.list              reads    anybody  anybody    -
keys.revoke            charge   charge   -          -
keys.rotate            charge   charge   -          -
keys.verify            reads    anybody  anybody    -
log.list               reads    known    known      -
loops.list             reads    anybody  anybody    -
loops.release          charge   charge   charge     -
message.archive        owner    known    known      -
message.delete         caller   known    known      -
message.deleteByAgent  caller   known    -          -
message.deleteByScope  charge   charge   -          -
message.edit           caller   known    known      -
message.withdraw       caller   known    -          -
message.get            reads    anybody  anybody    -
message.list           reads    anybody  anybody    -
message.markRead       caller   known    known      -
message.outbox         reads    anybody  anybody    -
message.page           reads    known    known      -
message.search         reads    anybody  anybody    -
message.send           caller   known    known      -
message.wait           reads    known    -          -
pair.request           clone    -        -          peers
peer.agents            reads    -        -          peers
peer.configure         charge   charge   -          -
peer.doctor            reads    known    -          -
peer.address_changed   clone    known    -          peers
peer.join              charge   charge   -          -
tsync.force            clone    known    -          -
tsync.peers.add        charge   charge   -          -
tsync.peers.list       reads    anybody  -          -
peer.list              reads    anybody  -          -
peer.remove            charge   charge   -          -
peer.standing          reads    -        -          peers
peer.rename            charge   charge   -          -
peer.repair            clone    -        -          peers
peer.start_pairing     charge   charge   -          -
peer.status            reads    anybody  -          -
peer.wait_pairing      charge   charge   -          -
monitor.list           reads    anybody  -          -
monitor.logs           reads    anybody  -          -
monitor.output         reads    known    -          -
monitor.remove         owner    known    -          -
monitor.restart        owner    known    -          -
monitor.show           reads    anybody  -          -
monitor.start          caller   known    -          -
monitor.stop           owner    known    -          -
now.list               reads    known    known      -
prompt.answer          owner    known    known      -
prompt.ask             caller   known    -          -
prompt.list            reads    known    known      -
prompt.wait            caller   known    -          -
purge.execute          charge   charge   -          -
restart.report         caller   known    -          -
rpc.discover           reads    anybody  anybody    -
session.end            owner    known    known      -
session.heartbeat      owner    known    known      -
session.list           reads    anybody  anybody    -
session.setIntent      owner    anybody  anybody    -
session.setTask        owner    known    known      -
session.start          owner    anybody  anybody    -
subscribe              caller   known    known      -
subscriptions.list     reads    known    known      -
sync.force             clone    known    known      -
sync.notify            reads    -        -          peers
sync.peer_info         reads    -        -          peers
sync.pull              reads    -        -          peers
sync.off               clone    known    -          -
sync.on                clone    known    -          -
sync.status            reads    anybody  anybody    -
sync.worktree.off      clone    known    -          -
sync.worktree.on       clone    known    -          -
sync.worktree.status   reads    anybody  anybody    -
team.list              reads    anybody  anybody    -
team.overview          reads    anybody  anybody    -
telegram.configure     charge   charge   charge     -
telegram.pair          charge   charge   charge     -
telegram.start_pairing charge   charge   charge     -
telegram.status        reads    anybody  anybody    -
thread.list            reads    known    known      -
tmux.cancel            owner    known    -          -
tmux.capture           reads    anybody  -          -
tmux.check-pane        reads    anybody  -          -
tmux.create            owner    anybody  -          -
tmux.kill              owner    known    -          -
tmux.launch            owner    anybody  -          -
tmux.queue             owner    known    -          -
tmux.queue-status      reads    anybody  -          -
tmux.queue-wait        reads    anybody  -          -
tmux.restart           owner    known    -          -
tmux.send              owner    known    -          -
tmux.status            reads    anybody  -          -
tmux.stop              owner    known    -          -
unsubscribe            caller   known    known      -
user.identify          reads    anybody  anybody    -
user.list              reads    anybody  anybody    -
user.link              clone    anybody  -          -
user.logout            clone    anybody  -          -
user.register          clone    anybody  anybody    -
"""
"""Whom the door lets in to each method on each transport: `WHO` has the words."""

WHO: Final[dict[str, set[str]]] = {
    "-": set(),
    "anybody": {"nobody", "agent", "person", "coordinator", "peer"},
    "known": {"agent", "person", "coordinator"},
    "charge": {"person", "coordinator"},
    "peers": {"peer"},
}

CALLERS: Final = {
    "nobody": Caller("", State.ANONYMOUS),
    "agent": Caller(OWN, State.IDENTIFIED, "pid"),
    "person": Caller(EVE, State.IDENTIFIED, "user"),
    "coordinator": Caller(BOSS, State.IDENTIFIED, "pid"),
    "peer": Caller("", State.IDENTIFIED, "peer", peer="d_peer"),
}


@dataclass(frozen=True)
class Known:
    """Knows beforehand who calls."""

    caller: Caller

    async def look(self) -> None:
        pass

    def judge(self, found: object, claim: str, implied: Any) -> Caller:
        return self.caller


class Begun(msgspec.Struct):
    """The handler has begun."""


async def begin(call: Call, params: Params) -> Begun:
    """Stands for every handler."""
    call.grant()
    return Begun()


def stated() -> dict[str, list[str]]:
    """The table's rows by method."""
    _, *rows = (line.split() for line in MAY.strip().splitlines())
    return {name: row for name, *row in rows}


def let_in(hall: Hall, method: Method[Any, Any], transport: Transport) -> set[str]:
    """Whom the door lets in; what stands behind it does nothing."""
    only = msgspec.structs.replace(
        method, handler=begin, params=Params, speaks_for=(), looks="", result=Begun
    )
    door = replace(hall.door, methods={method.name: only})
    return {
        who
        for who, caller in CALLERS.items()
        if "result" in door.ask(Line(transport, Known(caller)), [(method.name, {})])[0]
    }


def test_who_may_call_a_method_is_who_is_said_to(hall: Hall) -> None:
    for name in sorted({*METHODS, *stated()}):
        with row(name):
            touches, *cells = stated()[name]
            method = METHODS[name]
            assert method.rights is Rights[touches.upper()]
            for transport, cell in zip(Transport, cells, strict=True):
                assert let_in(hall, method, transport) == WHO[cell], transport


LOOKS: Final = {"purge.execute": "dry_run"}
"""The param with which a method only looks: then whom it knows at all may call it."""


@pytest.mark.parametrize("name", LOOKS)
def test_who_only_looks_needs_no_charge(hall: Hall, name: str) -> None:
    method = METHODS[name]
    assert {each.name: each.looks for each in METHODS.values() if each.looks} == LOOKS
    only = msgspec.structs.replace(method, handler=begin, result=Begun)
    door = replace(hall.door, methods={name: only})
    for looks, who in ((True, "known"), (False, "charge")):
        params = {"before": "2026-01-01T00:00:00Z", LOOKS[name]: looks}
        found = {
            each
            for each, caller in CALLERS.items()
            if "result" in door.ask(Line(Transport.UNIX, Known(caller)), [(name, params)])[0]
        }
        assert found == WHO[who]


@pytest.mark.parametrize("rights", Rights)
@pytest.mark.parametrize("anonymous", [True, False])
def test_a_method_for_peers_has_them_for_callers_and_nobody_without_a_token(
    hall: Hall, rights: Rights, anonymous: bool
) -> None:
    made = msgspec.structs.replace(
        METHODS["health"], rights=rights, anonymous=anonymous, transports=Transport.PEER
    )
    acts = rights is Rights.CHARGE or (rights in {Rights.CALLER, Rights.OWNER} and not anonymous)
    only = msgspec.structs.replace(made, handler=begin, params=Params, result=Begun)
    door = replace(hall.door, methods={"health": only})
    for token, may in (
        ("secret", not acts),
        ("guess", anonymous and not acts),
        ("", anonymous and not acts),
    ):
        line = Line(Transport.PEER, PeerToken(TOKENS, token))
        (answer,) = door.ask(line, [("health", {})])
        assert ("result" in answer) == may, (token, answer)


# -- who may makes a difference --


def test_the_same_by_who_may_makes_a_difference(hall: Hall) -> None:
    """Run last: it takes away what the trials look at."""
    assert but_for_doing(made_by(hall, VICTIM, *READING)) == []
    for name in by_what_is_left(METHODS.keys() - READING):
        for transport in (Transport.UNIX, Transport.WEBSOCKET):
            if transport in METHODS[name].transports:
                fresh = [f"by_{transport.name}".lower()]
                hall.town.forged |= {"group.create.name": fresh, "monitor.start.name": fresh}
                refresh(hall, name)
                assert made_by(hall, speaker(name, transport), name), (name, transport)


def refresh(hall: Hall, name: str) -> None:
    if name == "context.sync":
        notes = b64encode(f"as of {time.monotonic_ns()}".encode()).decode()
        hall.results(VICTIM, ("context.save", {"agent_name": VICTIM, "content": notes}))
    if name in {"claim.release", "claim.give"}:
        hall.results(OWN, ("claim.release", {"all": True}))
        hall.results(VICTIM, ("claim.take", {"what": ["src/mine"]}))
    if name.startswith("message."):
        fresh: Asked = ("message.send", {"content": "more", "mentions": ["crew"]})
        hall.results(VICTIM, fresh)
        hall.results(PERSON, fresh)


def speaker(name: str, transport: Transport) -> str:
    """Who may do it to what is the victim's, by that transport."""
    others = METHODS[name].rights in PEOPLE_MAY or name == "agent.register"
    if transport is Transport.WEBSOCKET:
        return EVE if others else PERSON
    return BOSS if METHODS[name].rights is Rights.CHARGE else VICTIM


def made_by(hall: Hall, who: str, *names: str) -> list[str]:
    """What of the victim's differs after these methods were asked for by somebody."""
    asked = [(name, params) for name in sorted(names) for params in hall.town.variants(name)]
    return hall.touched(hall.lines[who], asked)[0]
