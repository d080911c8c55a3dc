"""The server as a process, driven by the official client and by hand, beside a real daemon."""

from __future__ import annotations

import json
import random
import signal
import subprocess
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import anyio
import mcp_types as types
import pytest
from mcp import Client, MCPError
from mcp.shared.exceptions import MCPDeprecationWarning
from mcp_types.version import (
    HANDSHAKE_PROTOCOL_VERSIONS,
    LATEST_HANDSHAKE_VERSION,
    LATEST_MODERN_VERSION,
)

from tests.thrum.mcp.conftest import Town
from thrum.mcp import catalogue, resources

LONG = 60


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def within() -> None:
        with anyio.fail_after(200):
            await work()

    anyio.run(within)


async def called(
    client: Client, tool: str, begun: anyio.Event | None = None, **given: Any
) -> dict[str, Any]:
    """What the tool gives; text and structure must say the same.

    `begun` is set when it has run for a while, and said so.
    """

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        if begun is not None:
            begun.set()

    result = await client.call_tool(tool, given, progress_callback=tell if begun else None)
    (block,) = result.content
    assert isinstance(block, types.TextContent)
    assert not result.is_error, block.text
    assert json.loads(block.text) == result.structured_content
    found: dict[str, Any] = result.structured_content
    return found


async def refused(client: Client, tool: str, **given: Any) -> str:
    """What a model is told instead."""
    result = await client.call_tool(tool, given)
    (block,) = result.content
    assert isinstance(block, types.TextContent)
    assert result.is_error
    return block.text


async def in_thread(work: Callable[[], Any]) -> Any:
    return await anyio.to_thread.run_sync(work)


async def all_unread(client: Client) -> list[str]:
    """The texts of everything that is unread, which is read then."""
    found = await called(client, "check_messages", limit=500)
    assert found["status"] == ("messages" if found["messages"] else "empty")
    return [each["content"] for each in found["messages"]]


@pytest.fixture(autouse=True)
def empty(town: Town) -> None:
    """Nothing is unread when a test begins."""
    for who in town.homes:
        town.thrum("message", "read", "--all", who=who, check=False)


def test_two_agents_converse(town: Town) -> None:
    """Every tool, by the newest protocol on one side and the handshake on the other."""

    async def talk() -> None:
        async with town.client() as alice, town.client("bob", "--compatible", mode="legacy") as bob:
            assert alice.protocol_version == LATEST_MODERN_VERSION
            assert bob.protocol_version == LATEST_HANDSHAKE_VERSION
            assert [each.name for each in (await alice.list_tools()).tools] == [
                "check_messages",
                "claim",
                "list_agents",
                "release",
                "search_messages",
                "send_message",
                "wait_for_message",
            ]
            assert "broadcast_message" in {each.name for each in (await bob.list_tools()).tools}
            asked = await called(
                alice, "send_message", to="@bob", content="is it done?", metadata={"k": "v"}
            )
            assert asked["status"] == "delivered"
            assert asked["resolved_to"] == 1
            heard = await called(bob, "wait_for_message", timeout=LONG)
            assert heard["status"] == "message_received"
            assert heard["message"]["from"] == "alice"
            assert heard["message"]["content"] == "is it done?"
            assert heard["message"]["message_id"] == asked["message_id"]
            for to in ("bob", "agent:tester:0123456789", " @bob , @tester "):
                await called(alice, "send_message", to=to, content=f"to {to}")
            await called(
                bob, "send_message", to="alice", content="it is", reply_to=asked["message_id"]
            )
            heard = await called(alice, "wait_for_message", timeout=LONG)
            assert heard["message"]["content"] == "it is"
            assert len(await all_unread(bob)) == 3
            sent = await called(bob, "broadcast_message", content="all hands")
            assert sent["sent_to"] == ["@everyone"]
            assert await all_unread(alice) == ["all hands"]
            assert (await called(alice, "claim", what="src, task:1"))["status"] == "claimed"
            (held,) = (await called(bob, "claim", what="src/a.py"))["held"]
            assert (held["agent_id"], held["what"]) == ("alice", "src")
            assert len((await called(alice, "release"))["claims"]) == 2
            for client in (alice, bob):
                assert (await called(client, "check_messages"))["status"] == "empty"
                there = await called(client, "list_agents")
                assert {each["agent_id"] for each in there["agents"]} == {"alice", "bob"}
                assert there["count"] == 2
                assert (await called(client, "list_agents", include_offline=False))["count"] <= 2
            (hit,) = (await called(bob, "search_messages", query='"is it done"'))["results"]
            assert (hit["message_id"], hit["from"]) == (asked["message_id"], "alice")
        assert (town.unread(), town.unread("bob")) == (0, 0)

    run(talk)


def test_a_question_returns_with_its_answer_and_nothing_else(town: Town) -> None:
    """Also where other mail comes before it; who gives up asking has asked all the same."""

    async def ask() -> None:
        async with town.client() as alice, town.client("bob") as bob:

            async def answers() -> None:
                heard = await called(bob, "wait_for_message", timeout=LONG)
                question = heard["message"]["message_id"]
                await called(bob, "send_message", to="@alice", content="by the way")
                await called(bob, "send_message", to="@alice", content="it is", reply_to=question)

            async with anyio.create_task_group() as group:
                group.start_soon(answers)
                asked = await called(
                    alice, "send_message", to="@bob", content="is it done?", wait=LONG
                )
            assert asked["answer"]["content"] == "it is"
            assert asked["answer"]["from"] == "bob"
            assert await all_unread(alice) == ["by the way"]
            asked = await called(alice, "send_message", to="@bob", content="really?", wait=1)
            assert "answer" not in asked
            assert "unseen by @bob" in asked["warnings"][-1]
            begun = anyio.Event()
            async with anyio.create_task_group() as group:
                group.start_soon(
                    partial(
                        called, alice, "send_message", begun, to="@bob", content="ok?", wait=LONG
                    )
                )
                await begun.wait()
                group.cancel_scope.cancel()
            assert await all_unread(bob) == ["really?", "ok?"]
        assert (town.unread(), town.unread("bob")) == (0, 0)

    run(ask)


def test_what_is_wrong_is_said_so_that_a_model_can_act(town: Town) -> None:
    async def ask() -> None:
        async with town.client() as client:
            said = await refused(client, "send_message", too="@bob", content=3)
            assert "'to' is required" in said
            assert "did you mean to?" in said
            assert "must be a text" in said
            assert "@nobody" in await refused(client, "send_message", to="@nobody", content="x")
            assert "list_agents" in await refused(client, "send_message", to=" , ", content="x")
            assert "true or false" in await refused(client, "list_agents", include_offline="yes")
            for name, known in (("check_message", "check_messages"), ("zzz", "wait_for_message")):
                with pytest.raises(MCPError, match=f'unknown tool "{name}".*{known}'):
                    await client.call_tool(name, {})
            with pytest.raises(MCPError, match="thrum://inbox"):
                await client.read_resource("thrum://outbox")
            with pytest.raises(MCPError, match="prime, handoff"):
                await client.get_prompt("zzz")

    run(ask)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_resources_and_prompts_and_their_updates(town: Town, mode: str) -> None:
    updated = anyio.Event()

    async def hear(message: Any) -> None:
        if isinstance(message, types.ResourceUpdatedNotification):
            updated.set()

    async def look() -> None:
        async with town.client(mode=mode, message_handler=hear) as client:
            found = (await client.list_resources()).resources
            assert {str(each.uri) for each in found} == {each.uri for each in resources.ALL}
            assert {each.name for each in (await client.list_prompts()).prompts} == {
                "prime",
                "handoff",
            }
            assert "@alice" in await prompt(client, "prime")
            assert "thrum context save" in await prompt(client, "handoff")
            assert "send it to @bob" in await prompt(client, "handoff", to="@bob")
            assert {each["agent_id"] for each in (await read(client, "team"))["agents"]} == {
                "alice",
                "bob",
            }
            assert (await read(client, "inbox"))["unread"] == 0
            if mode == "legacy":
                with pytest.warns(MCPDeprecationWarning):  # the way before the newest protocol
                    await client.session.subscribe_resource(resources.INBOX)
                await updated.wait()  # it listens now
                await in_thread(partial(town.says, "news"))
            else:
                async with client.listen(resource_subscriptions=[resources.INBOX]) as events:
                    async for _ in events:
                        await in_thread(partial(town.says, "news"))
                        break
                    async for _ in events:
                        break
            with anyio.fail_after(60):
                while (await read(client, "inbox"))["unread"] == 0:
                    await anyio.sleep(0.1)
            assert [each["content"] for each in (await read(client, "inbox"))["messages"]] == [
                "news"
            ]
        assert town.unread() == 1

    async def prompt(client: Client, name: str, **given: str) -> str:
        (message,) = (await client.get_prompt(name, given)).messages
        assert isinstance(message.content, types.TextContent)
        return message.content.text

    async def read(client: Client, name: str) -> Any:
        (content,) = (await client.read_resource(f"thrum://{name}")).contents
        assert isinstance(content, types.TextResourceContents)
        return json.loads(content.text)

    run(look)


def test_what_comes_between_two_waits_is_returned_once(town: Town) -> None:
    texts = [f"message {number}" for number in range(50)]

    async def wait() -> None:
        async with town.client() as client:
            assert (await called(client, "wait_for_message", timeout=1))["status"] == "timeout"
            await in_thread(lambda: town.says(*texts))
            found = []
            for _ in range(10):
                answer = await called(client, "wait_for_message", timeout=LONG)
                found.append(answer["message"]["content"])
                assert answer["remaining"] == len(texts) - len(found)
            found += await all_unread(client)
            assert found == texts
            assert (await called(client, "wait_for_message", timeout=1))["status"] == "timeout"

    run(wait)
    assert town.unread() == 0


def test_what_comes_while_one_waits_again_and_again_is_returned_once(town: Town) -> None:
    texts = [f"message {number}" for number in range(50)]

    async def wait() -> None:
        async with town.client() as client, anyio.create_task_group() as group:
            found: list[str] = []
            begun = anyio.Event()

            async def keep() -> None:
                while len(found) < len(texts):
                    answer = await called(client, "wait_for_message", begun, timeout=LONG)
                    found.append(answer["message"]["content"])

            group.start_soon(keep)
            await begun.wait()
            for first in range(0, len(texts), 10):
                await in_thread(partial(town.says, *texts[first : first + 10]))
        assert found == texts

    run(wait)
    assert town.unread() == 0


def test_a_wait_that_is_cancelled_or_given_up_loses_nothing(town: Town) -> None:
    told: list[float] = []

    async def tell(progress: float, total: float | None, message: str | None) -> None:
        told.append(progress)
        assert total == LONG

    async def wait() -> None:
        async with town.client() as client, anyio.create_task_group() as group:
            with anyio.CancelScope() as scope:
                group.start_soon(cancel_when_told, scope)
                await client.call_tool(
                    "wait_for_message", {"timeout": LONG}, progress_callback=tell
                )
            assert scope.cancelled_caught
            await in_thread(lambda: town.says("for the next one"))
            assert await all_unread(client) == ["for the next one"]
            # Of two waits the newer one counts; nobody may be listening to the older any more.
            older: list[str] = []
            group.start_soon(keep, client, older)
            newer: list[str] = []
            group.start_soon(keep, client, newer)
            while not older:
                await anyio.sleep(0.05)
            assert older == ["timeout"]
            await in_thread(lambda: town.says("for the newer one"))
            while not newer:
                await anyio.sleep(0.05)
            assert newer == ["for the newer one"]

    async def cancel_when_told(scope: anyio.CancelScope) -> None:
        while not told:
            await anyio.sleep(0.05)
        scope.cancel()

    async def keep(client: Client, found: list[str]) -> None:
        answer = await called(client, "wait_for_message", timeout=LONG)
        found.append(answer.get("message", {}).get("content", answer["status"]))

    run(wait)
    assert town.unread() == 0


def test_a_client_that_cancels_at_any_moment_is_given_everything_once(town: Town) -> None:
    """Also where the answer was on its way, or there already; and in the order of sending."""
    texts = [f"message {number}" for number in range(40)]
    moments = random.Random(7)

    async def ask() -> None:
        async with town.client() as client, anyio.create_task_group() as group:
            found: list[str] = []
            is_sent = anyio.Event()

            async def send() -> None:
                for first in range(0, len(texts), 4):
                    await in_thread(partial(town.says, *texts[first : first + 4]))
                is_sent.set()

            await client.list_tools()  # else it asks for schemas when it has the first answer
            group.start_soon(send)
            while not is_sent.is_set():
                with anyio.move_on_after(moments.choice((0.005, 0.01, 0.02, 0.1))):
                    if moments.random() < 0.7:
                        answer = await called(client, "wait_for_message", timeout=LONG)
                        found.append(answer["message"]["content"])
                    else:
                        answer = await called(client, "check_messages", limit=3)
                        found += [each["content"] for each in answer["messages"]]
            found += await all_unread(client)
        assert found == texts

    run(ask)
    assert town.unread() == 0


def test_several_servers_of_one_agent_do_not_steal_from_each_other(town: Town) -> None:
    async def wait() -> None:
        async with town.client() as one, town.client() as two:
            found: list[tuple[Client, str]] = []

            async def keep(client: Client, begun: anyio.Event) -> None:
                answer = await called(client, "wait_for_message", begun, timeout=LONG)
                found.append((client, answer["message"]["content"]))

            async with anyio.create_task_group() as group:
                for client in (one, two):
                    begun = anyio.Event()
                    group.start_soon(keep, client, begun)
                    await begun.wait()
                await in_thread(lambda: town.says("for both"))
            assert sorted(text for _, text in found) == ["for both", "for both"]
            await in_thread(lambda: town.says("for whoever asks"))
            assert await all_unread(two) == ["for whoever asks"]
            # It is read as soon as the answer has left the server, and not before.
            while await in_thread(town.unread):
                await anyio.sleep(0.05)
            assert await all_unread(one) == []

    run(wait)


def test_a_daemon_that_is_killed_in_mid_wait_is_waited_for(town: Town) -> None:
    async def wait() -> None:
        async with (
            town.client() as one,
            town.client(mode="legacy") as two,
            anyio.create_task_group() as group,
        ):
            found: list[str] = []

            async def keep(client: Client, begun: anyio.Event) -> None:
                answer = await called(client, "wait_for_message", begun, timeout=LONG)
                found.append(answer["message"]["content"])

            for client in (one, two):
                begun = anyio.Event()
                group.start_soon(keep, client, begun)
                await begun.wait()
            await in_thread(town.kill_daemon)
            said = await refused(one, "list_agents")
            assert "thrum daemon start" in said
            await in_thread(lambda: town.thrum("daemon", "start"))
            await in_thread(lambda: town.says("after the crash"))
            while len(found) < 2:
                await anyio.sleep(0.05)
            assert found == ["after the crash"] * 2
            assert await all_unread(one) == []

    run(wait)
    assert town.unread() == 0


def test_a_server_begins_without_a_daemon_and_goes_on_with_it(town: Town) -> None:
    town.thrum("daemon", "stop")

    async def ask() -> None:
        async with town.client() as client:
            for tool, given in (
                ("send_message", {"to": "@bob", "content": "x"}),
                ("check_messages", {}),
                ("wait_for_message", {}),
                ("list_agents", {}),
            ):
                said = await refused(client, tool, **given)
                assert said.startswith("connect to daemon: ")
                assert "thrum daemon start" in said
            with pytest.raises(MCPError, match="thrum daemon start"):
                await client.read_resource(resources.TEAM)
            await in_thread(lambda: town.thrum("daemon", "start"))
            await in_thread(lambda: town.says("hello"))
            assert await all_unread(client) == ["hello"]

    try:
        run(ask)
    finally:
        town.thrum("daemon", "start")


def line(method: str, request: int | None = None, **params: Any) -> str:
    found = {"jsonrpc": "2.0", "method": method, "params": params}
    return json.dumps(found | ({} if request is None else {"id": request})) + "\n"


def hello(version: str) -> str:
    about = {"name": "t", "version": "1"}
    begin = line("initialize", 0, protocolVersion=version, capabilities={}, clientInfo=about)
    return begin + line("notifications/initialized")


def wait_call(request: int) -> str:
    return line("tools/call", request, name="wait_for_message", arguments={"timeout": 600})


def ended(server: subprocess.Popen[str], given: str | None = None) -> tuple[dict[Any, Any], str]:
    """The answers by their numbers, and stderr, when it has ended by itself."""
    out, err = server.communicate(given, timeout=60)
    assert server.returncode == 0, err
    lines = [json.loads(each) for each in out.splitlines()]
    return {each["id"]: each for each in lines if "id" in each}, err


@pytest.mark.parametrize(
    "version", [HANDSHAKE_PROTOCOL_VERSIONS[0], HANDSHAKE_PROTOCOL_VERSIONS[-1]]
)
def test_garbage_is_passed_over_and_the_end_of_input_ends_it(town: Town, version: str) -> None:
    """What was asked before the end is answered, but for waits."""
    garbage = ["{", "null", "[]", "\x00\x01", '"x"', "{}", '{"jsonrpc":"2.0","id":7}', "x" * 70_000]
    given = "\n".join(garbage) + "\n\n" + hello(version) + "\n".join(garbage) + "\n" + wait_call(1)
    town.says("stays unread")
    town.thrum("message", "read", "--all")
    given += line("tools/call", 2, name="check_messages", arguments={}) + '{"cut off'
    answers, said = ended(town.server(), given)
    assert answers[0]["result"]["protocolVersion"] == version
    assert json.loads(answers[1]["result"]["content"][0]["text"])["status"] == "timeout"
    assert json.loads(answers[2]["result"]["content"][0]["text"])["status"] == "empty"
    assert "no JSON-RPC" in said


@pytest.mark.parametrize(
    ("tool", "given"), [("check_messages", {"limit": 1}), ("wait_for_message", {})]
)
def test_an_answer_that_is_cancelled_when_it_is_there_already_is_given_again(
    town: Town, tool: str, given: dict[str, Any]
) -> None:
    """The two cross on their way: the client has given up, and looks at nothing more of it."""
    town.says("one", "two")
    server = town.server()
    assert server.stdin
    assert server.stdout
    server.stdin.write(hello("2025-06-18"))
    answers: dict[int, str] = {}
    for request in range(1, 4):
        server.stdin.write(line("tools/call", request, name=tool, arguments=given))
        server.stdin.flush()
        while request not in answers:
            found = json.loads(server.stdout.readline())
            if found.get("id"):
                answers[found["id"]] = found["result"]["content"][0]["text"]
        if request == 1:
            server.stdin.write(line("notifications/cancelled", requestId=request))
    ended(server)
    assert ['"one"' in answers[1], '"one"' in answers[2], '"two"' in answers[3]] == [True] * 3
    assert town.unread() == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_a_wait_and_marks_nothing(town: Town, number: int) -> None:
    server = town.server()
    assert server.stdin
    assert server.stdout
    server.stdin.write(hello("2025-06-18") + wait_call(1))
    server.stdin.flush()
    assert json.loads(server.stdout.readline())["id"] == 0
    server.send_signal(number)
    server.communicate(timeout=60)
    assert server.returncode == (-number if number == signal.SIGKILL else 0)
    town.says("later")
    assert town.unread() == 1


@pytest.mark.parametrize("version", [*HANDSHAKE_PROTOCOL_VERSIONS, "1999-01-01", "next"])
def test_every_revision_with_a_handshake_is_spoken(town: Town, version: str) -> None:
    """Whoever asks for one that nobody knows is told the newest of them."""
    known = version in HANDSHAKE_PROTOCOL_VERSIONS
    arguments = {"to": "@bob", "content": version}
    town.says(version)
    answers, _ = ended(
        town.server(),
        hello(version)
        + line("tools/list", 1)
        + line("tools/call", 2, name="send_message", arguments=arguments)
        + line("tools/call", 3, name="check_messages", arguments={})
        + line("tools/call", 4, name="send_message", arguments={})
        + line("resources/list", 5)
        + line("prompts/list", 6)
        + line("ping", 7)
        + line("there/is/none", 8),
    )
    about = answers[0]["result"]
    assert about["protocolVersion"] == (version if known else LATEST_HANDSHAKE_VERSION)
    assert about["serverInfo"]["name"] == "thrum"
    assert len(about["instructions"]) <= 600
    tools = answers[1]["result"]["tools"]
    assert {each["name"] for each in tools} == catalogue.offered(is_compatible=False).keys()
    assert len(json.dumps(tools, separators=(",", ":"))) <= catalogue.MOST  # as it is sent
    for number in (2, 3):
        result = answers[number]["result"]
        assert json.loads(result["content"][0]["text"]) == result["structuredContent"]
    (message,) = answers[3]["result"]["structuredContent"]["messages"]
    assert message["content"] == version
    assert answers[4]["result"]["isError"]
    assert len(answers[5]["result"]["resources"]) == len(answers[6]["result"]["prompts"]) == 2
    assert answers[7]["result"] == {}
    assert answers[8]["error"]["code"] == types.METHOD_NOT_FOUND


def test_a_server_in_no_repository_says_what_to_type(town: Town, tmp_path: Any) -> None:
    given = hello("2025-06-18") + line("tools/call", 1, name="check_messages", arguments={})
    server = subprocess.Popen(
        town.server_argv,
        cwd=tmp_path,
        env=town.env,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    answers, _ = ended(server, given)
    assert answers[1]["result"]["isError"]
    assert "thrum init" in answers[1]["result"]["content"][0]["text"]
