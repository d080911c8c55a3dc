"""``context.*``: what an agent keeps for its next session, and the preamble before it.

Contexts are files in the agent's worktree. They leave this machine only when somebody says
``context.sync``: then the file stands on the branch, where every clone can show it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import msgspec
import pygit2
from anyio import to_thread

from gitstore import LogError
from thrum import git_place, preamble
from thrum.clock import format_seconds
from thrum.contexts import LARGEST, PREAMBLE, Contexts, Note, Version, stem_of
from thrum.daemon.rpc import rights
from thrum.daemon.rpc.registry import Call, Params, Rights, Transport, method
from thrum.daemon.sync.service import SyncService
from thrum.errors import ThrumError
from thrum.plurals import counted


class AgentParams(Params):
    """Whose context; `repo_path` is the worktree that it lies in, if not the daemon's own."""

    needs: ClassVar = ("agent_name",)
    agent_name: str = ""
    repo_path: str = ""


class SaveParams(AgentParams):
    """What is to be kept; bytes as base64."""

    content: bytes = b""


class Done(msgspec.Struct):
    """Whose context, and what became of it."""

    agent_name: str
    message: str


class ShowParams(AgentParams):
    """What to show: an earlier `version` by its id, or the copy on the branch, if asked."""

    include_preamble: bool = True
    version: str = ""
    on_branch: bool = False


class Shown(msgspec.Struct, omit_defaults=True):
    """The context and its preamble as base64; `content` is null where there is none.

    `found_in` says where it was found if not in the worktree that was asked for: another worktree,
    or the branch. `was_cleared` says that there was one, which is removed.
    """

    agent_name: str
    content: bytes | None
    has_context: bool
    has_preamble: bool
    preamble: bytes | None = None
    preamble_size: int = 0
    size: int = 0
    updated_at: str = ""
    found_in: str = ""
    was_cleared: bool = False


class PreambleShown(msgspec.Struct):
    """The preamble as base64; null where there is none."""

    agent_name: str
    content: bytes | None
    has_preamble: bool


class Versions(msgspec.Struct):
    """Earlier contents, the newest first."""

    agent_name: str
    versions: list[Version]


class Synced(msgspec.Struct):
    """What became of the context: `synced` if the branch has it, `pushed` if the remote has."""

    agent_name: str
    message: str
    synced: bool
    pushed: bool


@method(
    "context.save",
    rights=Rights.OWNER,
    speaks_for=("agent_name",),
    transports=Transport.UNIX,
    errors=("not_allowed", "too_large", "not_found"),
)
async def save(call: Call, params: SaveParams) -> Done:
    """Saves an agent's context; what it was before stays among its versions.

    For the agent itself, people and coordinators. An agent without a preamble gets one.
    """
    stem = _own(call, params)

    def write() -> None:
        contexts = _contexts(call, params.repo_path)
        contexts.save(stem, params.content)
        text = preamble.default(params.agent_name)
        contexts.save_if_absent(f"{stem}{PREAMBLE}", text.encode())

    await to_thread.run_sync(write)
    size = counted(len(params.content), "byte")
    return _done(params, f"Context saved for {params.agent_name} ({size})")


def _done(params: AgentParams, message: str) -> Done:
    return Done(params.agent_name, message)


def _own(call: Call, params: AgentParams) -> str:
    """The file's stem, for whoever may change the agent's context.

    Raises:
        ThrumError: ``invalid_params``, ``not_allowed``.
    """
    stem = _stem(params)
    rights.demand_own(call, call.node.store.reader(), params.agent_name, "changing the context")
    return stem


def _stem(params: AgentParams) -> str:
    return stem_of(params.agent_name)


def _contexts(call: Call, repo_path: str) -> Contexts:
    """The contexts of that worktree, which must be one of this repository.

    Raises:
        ThrumError: ``not_found``.
    """
    if not repo_path:
        return Contexts(call.node.place.repository)
    try:
        wanted = git_place.real(Path(repo_path))
    except (OSError, ValueError):
        wanted = None
    for root in _roots(call):
        if root == wanted:
            return Contexts(root)
    raise ThrumError("not_found", f"{repo_path!r} is no worktree of this repository")


def _roots(call: Call) -> Iterator[Path]:
    """The worktrees of this repository, the daemon's own first."""
    own = git_place.real(call.node.place.repository)
    yield own
    git = git_place.of(own)
    for root in git_place.worktrees(git) if git else ():
        if git_place.real(root) != own:
            yield git_place.real(root)


@method(
    "context.show",
    rights=Rights.READS,
    anonymous=True,
    transports=Transport.UNIX,
    errors=("not_found", "not_allowed", "too_large"),
)
async def show(call: Call, params: ShowParams) -> Shown:
    """Shows an agent's context and preamble.

    Where the worktree never had one, another worktree's is shown, or the copy on the branch. What
    was removed stays so until there is another: an older one is shown to whoever asks for it.
    """
    stem = _stem(params)
    return await to_thread.run_sync(_show, call, params, stem)


def _show(call: Call, params: ShowParams, stem: str) -> Shown:
    contexts = _contexts(call, params.repo_path)
    text = contexts.read(f"{stem}{PREAMBLE}")
    found, place = _find(call, contexts, params, stem)
    shown = Shown(
        agent_name=params.agent_name,
        content=found.content if found else None,
        has_context=bool(found and found.content),
        has_preamble=bool(text and text.content),
        found_in=place,
    )
    if text and text.content:
        shown.preamble_size = len(text.content)
        if params.include_preamble:
            shown.preamble = text.content
    if found is None:
        shown.was_cleared = _was_cleared(call, contexts, stem)
    elif found.content:
        shown.size = len(found.content)
        if found.written_ns:
            shown.updated_at = format_seconds(found.written_ns)
    return shown


def _find(call: Call, contexts: Contexts, params: ShowParams, stem: str) -> tuple[Note | None, str]:
    """What is shown, and where it is if that is not the worktree that was asked for."""
    branch = call.node.store.log.format.branch
    if params.version:
        earlier = contexts.version(stem, params.version)
        if earlier is None:
            raise ThrumError(
                "not_found",
                f"there is no version {params.version!r} of the context of {params.agent_name}",
                "see `thrum context show --versions`",
            )
        return earlier, ""
    if not params.on_branch:
        here = contexts.read(stem)
        if here is not None or contexts.versions(stem):
            return here, ""
        others = [
            (note, str(root))
            for root in _roots(call)
            if root != contexts.worktree and (note := _readable(root, stem))
        ]
        if others:
            return max(others, key=lambda other: other[0].written_ns)
        if _was_cleared(call, contexts, stem):
            return None, ""
    copy = _on_branch(call, stem)
    return copy, branch if copy else ""


def _was_cleared(call: Call, contexts: Contexts, stem: str) -> bool:
    """Whether there is nothing but earlier ones, in this worktree or another one."""
    everywhere = [contexts, *(Contexts(root) for root in _roots(call))]
    return any(_has_versions(each, stem) for each in everywhere)


def _has_versions(contexts: Contexts, stem: str) -> bool:
    try:
        return bool(contexts.versions(stem))
    except ThrumError:
        return False


def _readable(root: Path, stem: str) -> Note | None:
    """Another worktree's context; one that cannot be read is none of the caller's trouble."""
    try:
        return Contexts(root).read(stem)
    except ThrumError:
        return None


def _on_branch(call: Call, stem: str) -> Note | None:
    """The copy on the branch; its time is not known without going through the history."""
    # An object of this thread's own: the git thread's are not shared.
    repository = pygit2.Repository(str(call.node.place.repository))
    try:
        found = repository.revparse_single(f"{call.node.store.log.format.ref}:{path_of(stem)}")
    except KeyError:
        return None
    if not isinstance(found, pygit2.Blob):
        return None
    if found.size > LARGEST:
        raise ThrumError("too_large", f"the copy on the branch is over {LARGEST:,} bytes")
    return Note(found.data, 0)


def path_of(stem: str) -> str:
    """Where a context is on the branch."""
    return f"context/{stem}.md"


@method(
    "context.versions",
    rights=Rights.READS,
    anonymous=True,
    transports=Transport.UNIX,
    errors=("not_found",),
)
async def versions(call: Call, params: AgentParams) -> Versions:
    """Lists an agent's earlier contexts in this worktree."""
    stem = _stem(params)
    found = await to_thread.run_sync(lambda: _contexts(call, params.repo_path).versions(stem))
    return Versions(params.agent_name, found)


@method(
    "context.clear",
    rights=Rights.OWNER,
    speaks_for=("agent_name",),
    transports=Transport.UNIX,
    errors=("not_allowed", "not_found"),
)
async def clear(call: Call, params: AgentParams) -> Done:
    """Removes an agent's context, which stays among its versions; none is no error."""
    stem = _own(call, params)
    await to_thread.run_sync(lambda: _contexts(call, params.repo_path).clear(stem))
    return _done(params, f"Context cleared for {params.agent_name}")


@method(
    "context.preamble.show",
    rights=Rights.READS,
    anonymous=True,
    transports=Transport.UNIX,
    errors=("not_found", "not_allowed", "too_large"),
)
async def show_preamble(call: Call, params: AgentParams) -> PreambleShown:
    """Shows the text that stands before an agent's context."""
    stem = f"{_stem(params)}{PREAMBLE}"
    found = await to_thread.run_sync(lambda: _contexts(call, params.repo_path).read(stem))
    return PreambleShown(params.agent_name, found.content if found else None, found is not None)


@method(
    "context.preamble.save",
    rights=Rights.OWNER,
    speaks_for=("agent_name",),
    transports=Transport.UNIX,
    errors=("not_allowed", "too_large", "not_found"),
)
async def save_preamble(call: Call, params: SaveParams) -> Done:
    """Saves the text that stands before an agent's context."""
    stem = _own(call, params)
    preamble_stem = f"{stem}{PREAMBLE}"
    await to_thread.run_sync(
        lambda: _contexts(call, params.repo_path).save(preamble_stem, params.content)
    )
    size = counted(len(params.content), "byte")
    return _done(params, f"Preamble saved for {params.agent_name} ({size})")


@method(
    "context.sync",
    rights=Rights.OWNER,
    speaks_for=("agent_name",),
    transports=Transport.UNIX,
    long_poll=True,
    errors=("not_allowed", "not_found", "too_large", "repository", "shutting_down"),
)
async def sync(call: Call, params: AgentParams) -> Synced:
    """Puts a copy of an agent's context on the branch and exchanges it with the remote."""
    stem = _own(call, params)
    agent = params.agent_name
    found = await to_thread.run_sync(lambda: _contexts(call, params.repo_path).read(stem))
    if found is None:
        return Synced(agent, f"No context for {agent}, nothing to sync", False, False)
    content = found.content
    try:
        status = await call.service(SyncService).loop.carry_through(
            lambda log: log.put(path_of(stem), content, f"context: sync {agent}")
        )
    except (LogError, OSError, pygit2.GitError) as error:
        raise ThrumError("repository", f"the branch does not take the context: {error}") from error
    pushed = status.sync_state == "synced"
    message = f"Context synced for {agent}"
    if not pushed:
        reason = status.local_only_reason or status.last_error or "no remote"
        message = f"Context of {agent} is on the branch of this clone only: {reason}"
        message += "" if status.local_only else "; the next sync that succeeds takes it along"
    return Synced(agent, message, True, pushed)
