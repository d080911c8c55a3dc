"""A repository with agents at work, and a person who looks at it in a browser."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.integration.conftest import World

AGENTS: Final = (
    ("furiosa", "implementer", "auth", "Moving the session refresh behind the new token store"),
    ("nux", "reviewer", "auth", "Reviewing the branch of furiosa; two findings so far"),
    ("toast", "tester", "web", "Writing the browser tests of the login page"),
)
LONG: Final = "the_dag_keeper_of_the_seeds_and_of_the_archive_of_all_wastelands"
FINDINGS: Final = """## Findings

- [x] The token is compared in constant time
- [ ] `refresh()` swallows **every** exception

| file | lines | risk |
|---|--:|---|
| `src/refresh.py` | 40 | high |

```python
try:
    refresh(token)
except Exception:
    pass  # hides the expiry
```
"""


@dataclass
class Scene:
    """The repository.

    Attributes:
        main: its main worktree, where the person stands.
    """

    world: World
    main: Path

    def home(self, agent: str) -> Path:
        return self.world.root / agent

    def login(self) -> str:
        """A fresh link that leads in as the person."""
        return self.world.thrum(self.main, "ui", "--no-open").out.splitlines()[0]

    def address(self) -> str:
        port = (self.main / ".thrum/var/ws.port").read_text().strip()
        return f"http://localhost:{port}"

    def send(self, agent: str, text: str, to: str = "@user:dana-marsh") -> None:
        self.world.thrum(self.home(agent), "send", text, "--to", to)

    def inbox(self, agent: str) -> list[str]:
        """The texts that an agent finds with the command line."""
        found = self.world.thrum(self.home(agent), "inbox", "--json", "--all").json
        return [message["body"]["content"] for message in found["messages"]]


def found(world: World, agents: int = 2) -> Scene:
    """Makes the repository, its daemon, and as many agents, each in its own worktree.

    The person is known with the first login, and can be written to from then on.
    """
    main = world.root / "refinery"
    main.mkdir()
    world.git("init", "-q", "-b", "main", cwd=main)
    world.git("config", "user.name", "Dana Marsh", cwd=main)
    world.git("config", "user.email", "dana@example.test", cwd=main)
    world.git("commit", "-q", "--allow-empty", "-m", "first", cwd=main)
    world.thrum(main, "init", "--non-interactive")
    scene = Scene(world, main)
    for index in range(agents):
        _agent(scene, *_who(index))
    return scene


def _who(index: int) -> tuple[str, str, str, str]:
    if index < len(AGENTS):
        return AGENTS[index]
    name = LONG if index == len(AGENTS) else f"warboy_{index:02d}"
    return (name, "implementer", "core", f"Item {index} of what must be done before the release")


def _agent(scene: Scene, name: str, role: str, module: str, intent: str) -> None:
    where = str(scene.home(name))
    scene.world.git("worktree", "add", "-q", "-b", f"feature/{name}", where, cwd=scene.main)
    words = ("--role", role, "--module", module, "--intent", intent)
    scene.world.thrum(scene.home(name), "quickstart", name, *words)


def talk(scene: Scene) -> None:
    """Has three agents say and do what there is to look at."""
    world = scene.world
    for name, state in (("furiosa", "working"), ("nux", "blocked"), ("toast", "working")):
        world.thrum(scene.home(name), "agent", "set-status", state)
        (scene.home(name) / "refresh.py").write_text(f"{name}\n" * 20)
    world.thrum(scene.home("furiosa"), "group", "create", "backend", "--description", "The API")
    world.thrum(scene.home("furiosa"), "group", "add", "backend", "nux")
    scene.send("furiosa", "The API freeze is on Thursday.", "@backend")
    scene.send("furiosa", "I am taking `refresh.py` for the next hour.", "everyone")
    scene.send("nux", FINDINGS, "@furiosa")
    scene.send("nux", "Thank you for the review of `auth.py`.")
    scene.send("toast", "The password field has no label. Shall I mend it in my branch?")
    scene.send("furiosa", FINDINGS)
