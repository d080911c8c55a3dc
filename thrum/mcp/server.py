"""The server: tools, resources and prompts, put together from the package's parts.

Importing this module takes most of a second, so it is done when the client's lines are read already
and by nothing but the server's own process.
"""

from __future__ import annotations

import json
import signal
from collections.abc import Awaitable, Callable
from typing import Any, Final

import anyio
import mcp_types as types
from mcp.server.context import ServerRequestContext
from mcp.server.lowlevel import Server
from mcp.server.session import ServerSession
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler
from mcp.shared.exceptions import MCPError
from mcp.shared.message import SessionMessage
from mcp.shared.subscriptions import ResourceUpdated

from thrum import __version__, suggest
from thrum.mcp import arguments, catalogue, prompts, resources
from thrum.mcp.asking import Failed
from thrum.mcp.claiming import Claiming
from thrum.mcp.handed import Request
from thrum.mcp.intake import Intake, Streams
from thrum.mcp.outside import Outside
from thrum.mcp.questions import Questions
from thrum.mcp.searching import Searching
from thrum.mcp.tools import Call, Result, Tools
from thrum.mcp.waiting import Waits
from thrum.mcp.watching import Watcher
from thrum.mcp.wire import Wire

Asked = ServerRequestContext[Any]
Work = Callable[[Call], Awaitable[Result]]

_NAME: Final = "thrum"


def run(outside: Outside, intake: Intake, streams: Streams) -> None:
    """Serves one client until its lines end, or a signal ends the process."""
    anyio.run(Desk(outside).serve, intake, streams)


class Desk:
    """One server with its client.

    Attributes:
        server: the package's part of it.
    """

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._tools = Tools(outside)
        self._waits = Waits(self._tools)
        claiming = Claiming(outside)
        self._offered = catalogue.offered(is_compatible=outside.is_compatible)
        self._work: dict[str, Work] = {
            catalogue.SEND.name: Questions(self._tools, self._waits).send,
            catalogue.CHECK.name: self._tools.check,
            catalogue.WAIT.name: self._waits.wait,
            catalogue.AGENTS.name: self._tools.agents,
            catalogue.SEARCH.name: Searching(self._tools).search,
            catalogue.CLAIM.name: claiming.claim,
            catalogue.RELEASE.name: claiming.release,
            catalogue.BROADCAST.name: self._tools.broadcast,
        }
        self._bus = InMemorySubscriptionBus()
        self._watcher = Watcher(outside, self._tell)
        self._listening = ListenHandler(self._bus)
        self._sessions: dict[str, ServerSession] = {}
        self._to_mark = anyio.Event()
        self.server: Server[Any] = Server(
            _NAME,
            version=__version__,
            instructions=catalogue.INSTRUCTIONS,
            on_list_tools=self._list_tools,
            on_call_tool=self._call_tool,
            on_list_resources=self._list_resources,
            on_read_resource=self._read_resource,
            on_subscribe_resource=self._subscribe,
            on_unsubscribe_resource=self._unsubscribe,
            on_subscriptions_listen=self._listen,
            on_list_prompts=self._list_prompts,
            on_get_prompt=self._get_prompt,
        )

    async def serve(self, intake: Intake, streams: Streams) -> None:
        """Serves until the client's lines end or a signal comes."""
        to_server, incoming = anyio.create_memory_object_stream[SessionMessage | Exception]()
        outgoing, from_server = anyio.create_memory_object_stream[SessionMessage]()
        wire = Wire(
            intake,
            streams.outgoing,
            written=self._written,
            dropped=self._tools.handed.dropped,
            overlooked=self._tools.handed.overlooked,
            ending=self._end,
        )
        async with anyio.create_task_group() as group:
            group.start_soon(_until_signal, group.cancel_scope)
            group.start_soon(self._watcher.run)
            group.start_soon(self._mark)
            group.start_soon(wire.read, to_server)
            async with anyio.create_task_group() as answering:
                answering.start_soon(wire.write, from_server)
                options = self.server.create_initialization_options()
                await self.server.run(incoming, outgoing, options)
            await self._tools.mark()
            group.cancel_scope.cancel()

    def _end(self) -> None:
        """The client has gone: nobody waits any more, and nobody follows anything."""
        self._waits.end()
        self._listening.close()

    def _written(self, request: Request) -> None:
        if self._tools.handed.written(request):
            self._to_mark.set()

    async def _mark(self) -> None:
        """Marks as read what has been written, as soon as that can be done."""
        while True:
            await self._to_mark.wait()
            self._to_mark = anyio.Event()
            while await self._tools.mark():
                pass

    async def _list_tools(
        self, _asked: Asked, _params: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        found = [types.Tool.model_validate(each.document()) for each in self._offered.values()]
        return types.ListToolsResult(tools=found)

    async def _call_tool(
        self, asked: Asked, params: types.CallToolRequestParams
    ) -> types.CallToolResult:
        tool = self._offered.get(params.name)
        if tool is None:
            near = suggest.did_you_mean(params.name, self._offered)
            known = near or f"there are {', '.join(self._offered)}"
            raise MCPError(types.INVALID_PARAMS, f'unknown tool "{params.name}"; {known}')
        given = params.arguments or {}
        try:
            arguments.demand(tool, given)
            result = await self._work[tool.name](_call(asked, given))
        except (arguments.Unfit, Failed) as error:
            return types.CallToolResult(content=[_text(str(error))], is_error=True)
        text = json.dumps(result, ensure_ascii=False, separators=(",", ":"))
        return types.CallToolResult(content=[_text(text)], structured_content=result)

    async def _list_resources(
        self, _asked: Asked, _params: types.PaginatedRequestParams | None
    ) -> types.ListResourcesResult:
        found = [
            types.Resource(
                uri=each.uri,
                name=each.name,
                description=each.description,
                mime_type=resources.MIME,
            )
            for each in resources.ALL
        ]
        return types.ListResourcesResult(resources=found)

    async def _read_resource(
        self, _asked: Asked, params: types.ReadResourceRequestParams
    ) -> types.ReadResourceResult:
        uri = str(params.uri)
        try:
            said = await resources.read(self._outside, uri)
        except KeyError:
            known = " and ".join(each.uri for each in resources.ALL)
            raise MCPError(
                types.INVALID_PARAMS, f"unknown resource {uri!r}; there are {known}"
            ) from None
        except Failed as error:
            raise MCPError(types.INTERNAL_ERROR, str(error)) from error
        content = types.TextResourceContents(uri=uri, mime_type=resources.MIME, text=said)
        return types.ReadResourceResult(contents=[content])

    async def _subscribe(
        self, asked: Asked, params: types.SubscribeRequestParams
    ) -> types.EmptyResult:
        uri = str(params.uri)
        if uri not in self._sessions:
            self._watcher.follow(uri)
        self._sessions[uri] = asked.session
        return types.EmptyResult()

    async def _unsubscribe(
        self, _asked: Asked, params: types.UnsubscribeRequestParams
    ) -> types.EmptyResult:
        if self._sessions.pop(str(params.uri), None):
            self._watcher.leave(str(params.uri))
        return types.EmptyResult()

    async def _listen(
        self, asked: Asked, params: types.SubscriptionsListenRequestParams
    ) -> types.SubscriptionsListenResult:
        uris = [str(each) for each in params.notifications.resource_subscriptions or ()]
        for uri in uris:
            self._watcher.follow(uri)
        try:
            return await self._listening(asked, params)
        finally:
            for uri in uris:
                self._watcher.leave(uri)

    async def _tell(self, uri: str) -> None:
        """Tells clients of either kind that a resource changed."""
        await self._bus.publish(ResourceUpdated(uri=uri))
        session = self._sessions.get(uri)
        if session is not None:
            await session.send_resource_updated(uri)

    async def _list_prompts(
        self, _asked: Asked, _params: types.PaginatedRequestParams | None
    ) -> types.ListPromptsResult:
        found = [
            types.Prompt(
                name=each.name,
                description=each.description,
                arguments=[
                    types.PromptArgument(name=name, description=meaning, required=False)
                    for name, meaning in each.takes.items()
                ],
            )
            for each in prompts.ALL.values()
        ]
        return types.ListPromptsResult(prompts=found)

    async def _get_prompt(
        self, _asked: Asked, params: types.GetPromptRequestParams
    ) -> types.GetPromptResult:
        prompt = prompts.ALL.get(params.name)
        if prompt is None:
            known = ", ".join(prompts.ALL)
            raise MCPError(
                types.INVALID_PARAMS, f'unknown prompt "{params.name}"; there are {known}'
            )
        try:
            said = await prompts.text(self._outside, prompt.name, params.arguments or {})
        except Failed as error:
            raise MCPError(types.INTERNAL_ERROR, str(error)) from error
        message = types.PromptMessage(role="user", content=_text(said))
        return types.GetPromptResult(description=prompt.description, messages=[message])


def _call(asked: Asked, given: dict[str, Any]) -> Call:
    async def progress(done: float, whole: float) -> None:
        await asked.session.report_progress(done, whole, "no message yet")

    request = asked.request_id
    assert request is not None, "a call of a tool is a request"
    return Call(request, given, progress)


def _text(text: str) -> types.TextContent:
    return types.TextContent(text=text)


async def _until_signal(scope: anyio.CancelScope) -> None:
    with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
        async for _ in signals:
            scope.cancel()
            return
