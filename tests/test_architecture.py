"""The import arrows of docs/architecture.md, and what the start of the command line may load."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# Rooms from the ground up. A room may import itself and the rooms in its row, nothing else of ours.
VOCABULARY = (
    "thrum",
    "thrum.errors",
    "thrum.clock",
    "thrum.ids",
    "thrum.names",
    "thrum.suggest",
    "thrum.plurals",
    "thrum.events",
    "thrum.claims",
    "thrum.keys",
    "thrum.purges",
    "thrum.audience",
    "thrum.held",
    "thrum.bridged",
    "thrum.platform",
    "thrum.paths",
    "thrum.git_place",
    "thrum.access",
    "thrum.seat",
    "thrum.pid_file",
    "thrum.relocation",
    "thrum.config",
    "thrum.origins",
    "thrum.atomic",
    "thrum.scratch",
    "thrum.small_file",
    "thrum.yaml_text",
    "thrum.runtime_names",
)
FLOOR = (*VOCABULARY, "thrum.identity", "gitstore")
STORE = (
    "thrum.daemon.store",
    "thrum.daemon.writer",
    "thrum.daemon.transaction",
    "thrum.daemon.routing",
    "thrum.daemon.hub",
    "thrum.daemon.eventloop",
    "thrum.daemon.readers",
)
ALLOWED: dict[str, tuple[str, ...]] = {
    "gitstore": ("gitstore",),
    **dict.fromkeys(VOCABULARY, VOCABULARY),
    "thrum.identity": (*VOCABULARY, "thrum.identity"),
    "thrum.client": (*VOCABULARY, "thrum.client"),
    "thrum.api": (*VOCABULARY, "thrum.client", "thrum.api"),
    "thrum.worktrees": (*FLOOR, "thrum.worktrees"),
    "thrum.runtimes": (*VOCABULARY, "thrum.runtimes"),
    "thrum.setup": (*VOCABULARY, "thrum.runtimes", "thrum.setup", "thrum.skills"),
    "thrum.githook": (*VOCABULARY, "thrum.setup", "thrum.githook"),
    "thrum.skills": (
        *VOCABULARY,
        *(
            "thrum.runtimes",
            "thrum.setup",
            "thrum.skills",
            "thrum.cli.table",
            "thrum.cli.signature",
        ),
    ),
    "thrum.cli.render": (*VOCABULARY, "thrum.cli.render"),
    "thrum.roles": (*VOCABULARY, "thrum.contexts", "thrum.preamble", "thrum.roles"),
    "thrum.hints": (*VOCABULARY, "thrum.contexts", "thrum.roles", "thrum.hints"),
    "thrum.snapshots": (*VOCABULARY, "thrum.contexts", "thrum.runtimes", "thrum.snapshots"),
    "thrum.prime": (
        *VOCABULARY,
        "thrum.contexts",
        "thrum.preamble",
        "thrum.cli.render",
        "thrum.prime",
    ),
    "thrum.daemon.migration_status": VOCABULARY,
    "thrum.daemon.projection": (*FLOOR, "thrum.daemon.projection", "thrum.daemon.migration_status"),
    "thrum.daemon.children": (*VOCABULARY, "thrum.identity", "thrum.daemon.children"),
    "thrum.daemon.state": (
        *FLOOR,
        "thrum.daemon.state",
        "thrum.daemon.readers",
        "thrum.daemon.migration_status",
    ),
    **dict.fromkeys(STORE, (*FLOOR, *STORE, "thrum.daemon.projection")),
}
# What thrum may import of gitstore. The owner of child processes knows nothing of logs or git.
WAIST = {"gitstore", "gitstore.child"}
# Nothing below the daemon's door may know the command line, and the other way round.
FORBIDDEN: dict[str, tuple[str, ...]] = {
    "thrum.daemon": ("thrum.cli", "thrum.mcp", "thrum.client", "typer"),
    "thrum.cli": ("thrum.daemon.store", "thrum.daemon.rpc", "thrum.daemon.main", "pygit2"),
    "thrum.cli.steps": ("thrum.cli.commands",),
    "thrum.mcp": ("thrum.cli", "thrum.daemon", "gitstore"),
    # Setup writes skills; a plugin holds what setup writes.
    "thrum.skills.folders": ("thrum.setup", "thrum.skills.plugins"),
    "thrum.skills.source": ("thrum.setup", "thrum.skills.folders", "thrum.skills.plugins"),
}
# What stands right in thrum.cli runs commands and is none; it finds them by their names.
FRAME = tuple(f"thrum.cli.{path.stem}" for path in (ROOT / "thrum" / "cli").glob("[!_]*.py"))
HEAVY = (
    "anyio",
    "asyncio",
    "concurrent.futures",
    "gitstore",
    "mcp",
    "mcp_types",
    "msgspec",
    "psutil",
    "pydantic",
    "pygit2",
    "quart",
    "rich",
    "sqlite3",
    "sqlite_utils",
    "thrum.daemon",
    "thrum.events",
    "thrum.ids",
    "ulid",
    "yaml",
)


@cache
def modules() -> tuple[tuple[str, Path], ...]:
    found = []
    for package in ("gitstore", "thrum"):
        for path in sorted((ROOT / package).rglob("*.py")):
            parts = path.relative_to(ROOT).with_suffix("").parts
            found.append((".".join(parts[:-1] if parts[-1] == "__init__" else parts), path))
    return tuple(found)


@cache
def names() -> frozenset[str]:
    return frozenset(name for name, _ in modules())


@cache
def imports(name: str, path: Path) -> tuple[str, ...]:
    """Every module that the file imports at any depth, except for types only."""
    return tuple(_each_import(name, path))


def _each_import(name: str, path: Path) -> Iterator[str]:
    """See `imports`."""
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    for node in _for_more_than_types(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                up = package.split(".")[: len(package.split(".")) - node.level + 1]
                base = ".".join([*up, *([base] if base else [])])
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full in names() else base


def _for_more_than_types(node: ast.AST) -> Iterator[ast.stmt]:
    """Every statement at any depth, except for types only. An import is in no expression."""
    for field in ("body", "orelse", "finalbody", "handlers", "cases"):
        for inner in getattr(node, field, ()) if not isinstance(node, ast.expr) else ():
            if isinstance(inner, ast.If) and "TYPE_CHECKING" in ast.unparse(inner.test):
                continue
            if isinstance(inner, ast.stmt):
                yield inner
            yield from _for_more_than_types(inner)


def within(module: str, rooms: tuple[str, ...]) -> bool:
    return any(
        module == room or (room != "thrum" and module.startswith(f"{room}.")) for room in rooms
    )


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_from_rooms_below(room: str) -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, path in modules()
        if within(name, (room,))
        for imported in imports(name, path)
        if imported.split(".")[0] in {"thrum", "gitstore"} and not within(imported, ALLOWED[room])
    ]
    assert wrong == []


@pytest.mark.parametrize("room", FORBIDDEN)
def test_a_room_does_not_know_what_stands_above_or_beside(room: str) -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, path in modules()
        if within(name, (room,))
        for imported in imports(name, path)
        if within(imported, FORBIDDEN[room])
    ]
    assert wrong == []


def test_thrum_imports_only_what_gitstore_itself_names() -> None:
    wrong = [
        f"{name} imports {imported}"
        for name, path in modules()
        if name.split(".")[0] == "thrum"
        for imported in imports(name, path)
        if imported.split(".")[0] == "gitstore" and imported not in WAIST
    ]
    assert wrong == []


def parts_of_a_log() -> set[str]:
    """What `Log` is made of: its fields, and what it sets on itself."""
    tree = ast.parse((ROOT / "gitstore/log.py").read_text())
    (log,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Log")
    fields = {ast.unparse(node.target) for node in log.body if isinstance(node, ast.AnnAssign)}
    targets = [
        target for node in ast.walk(log) if isinstance(node, ast.Assign) for target in node.targets
    ]
    own = {
        target.attr
        for target in targets
        if isinstance(target, ast.Attribute) and ast.unparse(target.value) == "self"
    }
    return (fields | own) - {"format", "opened"}  # plain values, for everybody to read


def test_thrum_does_not_reach_through_a_log() -> None:
    inner = parts_of_a_log()
    assert {"journal", "upstream", "worktree", "mover", "repository"} <= inner
    wrong = [
        f"{name}:{node.lineno} reaches for {ast.unparse(node)}"
        for name, path in modules()
        if name.split(".")[0] == "thrum" and "log." in (text := path.read_text())
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Attribute) and node.attr in inner
        if ast.unparse(node.value).split(".")[-1] == "log"
    ]
    assert wrong == []


@pytest.mark.parametrize("frame", FRAME)
def test_the_frame_of_the_command_line_knows_no_command(frame: str) -> None:
    above = ("thrum.cli.commands", *(() if frame == "thrum.cli.main" else ("thrum.cli.steps",)))
    found = list(imports(frame, dict(modules())[frame]))
    assert [each for each in found if within(each, above)] == []


def test_the_frame_of_the_command_line_goes_round_in_no_circle() -> None:
    waits = {frame: {*imports(frame, dict(modules())[frame])} & {*FRAME} for frame in FRAME}
    while free := [frame for frame, others in waits.items() if not others]:
        waits = {frame: others - {*free} for frame, others in waits.items() if frame not in free}
    assert waits == {}


def loaded_by(code: str) -> set[str]:
    script = f"import sys\n{code}\nprint('\\n'.join(sys.modules))"
    output = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    return set(output.stdout.split())


@pytest.mark.parametrize(
    "code", ["import thrum.client", "import thrum.api", "import thrum.cli.main"]
)
def test_the_start_of_the_command_line_loads_nothing_heavy(code: str) -> None:
    loaded = loaded_by(code)
    assert [name for name in loaded if within(name, tuple(HEAVY))] == []


@pytest.mark.parametrize("code", ["import thrum.client", "import thrum.api"])
def test_what_programs_import_is_standard_library_only(code: str) -> None:
    loaded = {name.split(".")[0] for name in loaded_by(code)}
    outside = loaded - set(sys.stdlib_module_names) - {"thrum", "__main__"}
    site_hooks = {name for name in outside if name.startswith(("_", "sitecustomize", "distutils"))}
    assert outside - site_hooks == set()


def test_asyncio_is_known_below_one_seam_only() -> None:
    knows = {name for name, path in modules() for each in imports(name, path) if each == "asyncio"}
    assert knows == {"thrum.daemon.eventloop"}


def test_the_package_mcp_is_known_to_the_server_and_its_wire_only() -> None:
    """It takes most of a second to import, and a session of a runtime waits for it."""
    knows = {
        name
        for name, path in modules()
        for each in imports(name, path)
        if each.split(".")[0] in {"mcp", "mcp_types"}
    }
    assert knows == {"thrum.mcp.server", "thrum.mcp.wire"}


def test_only_who_must_know_all_services_knows_their_list() -> None:
    knows = {
        name
        for name, path in modules()
        for each in imports(name, path)
        if each == "thrum.daemon.services"
    }
    assert knows == {
        "thrum.cli.commands.config",  # shows the keys of all of them
        "thrum.daemon.main",
        "thrum.docs",
        "thrum.typescript",  # the pages may ask all of them
        "thrum.doctor.examination",
        "thrum.doctor.finding",
        "thrum.doctor.surroundings",
    }


LATE = (
    "h11",
    "httpx2",
    "nacl",
    "wsproto",
    "thrum.daemon.kept_code",
    "thrum.daemon.monitors.sender",
    "thrum.daemon.now.looking",
    "thrum.daemon.peers.bridge.translating",
    "thrum.daemon.push.retelling",
    "thrum.daemon.queue.lane",
    "thrum.daemon.restart.restarting",
    "thrum.daemon.rpc.message",
    "thrum.daemon.tmux.launching",
    "thrum.daemon.waiting.waiter",
    "thrum.runtimes.presets",
    "thrum.snapshots.seeking",
)
# What a daemon needs for its first answer, and a little room.
MOST_OF_OURS = 450


def test_the_start_of_a_daemon_loads_what_its_first_answer_needs() -> None:
    loaded = loaded_by("import thrum.daemon.main")
    assert [name for name in loaded if within(name, LATE)] == []
    assert [name for name in loaded if name.endswith(".methods")] == []
    ours = [name for name in loaded if within(name.split(".")[0], ("thrum", "gitstore"))]
    assert len(ours) <= MOST_OF_OURS


DATACLASSES = {
    "thrum.audience",
    "thrum.config",
    "thrum.identity.files",
}
"""Modules of the start that programs and commands load as well, where msgspec would cost more."""


def test_the_start_of_a_daemon_declares_no_dataclass_that_could_be_a_struct() -> None:
    """Each takes ten times as long as a struct, before anybody is answered."""
    code = """
import thrum.daemon.main
made = {
    each.__module__
    for name, module in sys.modules.copy().items()
    if name.split(".")[0] in ("thrum", "gitstore")
    for each in vars(module).values()
    if isinstance(each, type) and "__dataclass_fields__" in vars(each)
}
sys.modules = dict.fromkeys(made)
"""
    ours = {name for name in loaded_by(code) if within(name.split(".")[0], ("thrum", "gitstore"))}
    assert ours <= DATACLASSES


@cache
def services() -> tuple[str, ...]:
    """The modules, and packages, that have a service."""
    return tuple(
        name.removesuffix(".service")
        for name, path in modules()
        if name.startswith("thrum.daemon.") and "(Service):" in path.read_text()
    )


def test_nothing_below_the_door_knows_a_service() -> None:
    """The write path, the hub and who calls would go on without any of them."""
    below = (*STORE, "thrum.daemon.callers", "thrum.daemon.projection", "thrum.daemon.state")
    wrong = [
        f"{name} imports {imported}"
        for name, path in modules()
        if within(name, below)
        for imported in imports(name, path)
        if within(imported, services())
    ]
    assert len(services()) >= 5
    assert wrong == []
