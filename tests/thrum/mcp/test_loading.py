"""What a server's process holds of its package, and that all of it is there for whoever asks."""

from __future__ import annotations

import subprocess
import sys

SPARED = ["mcp.client", "mcp.server.mcpserver", "httpx2", "uvicorn", "cryptography"]


def ran(code: str) -> list[str]:
    """What it prints, in a process that has loaded nothing; no warning is let pass."""
    head = "import gc, sys\nfrom thrum.mcp.loading import sparing\n"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", head + code],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_nothing_is_loaded_that_a_server_over_pipes_does_not_use() -> None:
    """And later it is there whole, with the same classes."""
    said = ran(f"""
with sparing():
    from thrum.mcp import server
for name in {SPARED}:
    if name in sys.modules:
        print(name)
print(gc.isenabled())
from mcp.server import MCPServer, Server
import mcp, uvicorn
print(Server is server.Server, mcp.ServerSession is server.ServerSession)
print(mcp.Client.__module__, MCPServer.__module__, uvicorn.__name__)
""")
    assert said[:3] == ["True", "True", "True"]
    assert said[3:] == ["mcp.client.client", "mcp.server.mcpserver.server", "uvicorn"]


def test_a_model_is_made_ready_when_it_is_used_and_those_of_others_at_once() -> None:
    said = ran("""
with sparing():
    from thrum.mcp import server
from mcp_types import Prompt
from pydantic import BaseModel
class Other(BaseModel):
    name: str
print(Prompt.__pydantic_complete__, Other.__pydantic_complete__, BaseModel.model_config)
print(Prompt(name="a").name, Prompt.__pydantic_complete__)
""")
    assert said == ["False", "True", "{}", "a", "True"]


def test_what_is_loaded_already_stays_as_it_is() -> None:
    said = ran("""
gc.disable()
import mcp, mcp.server
before = mcp, mcp.server, mcp.Client
with sparing():
    from thrum.mcp import server
print((mcp, mcp.server, mcp.Client) == before, sys.modules["mcp"] is mcp, gc.isenabled())
""")
    assert said == ["True", "True", "False"]


def test_where_loading_fails_nothing_is_kept_back() -> None:
    said = ran("""
try:
    with sparing():
        import thrum.mcp.there_is_no_such_module
except ImportError:
    print(gc.isenabled())
import mcp.server, uvicorn
print(uvicorn.__name__, "httpx2" in sys.modules, hasattr(mcp, "nothing"), mcp.Client.__name__)
print("httpx2" in sys.modules, mcp.server.Server.__name__)
""")
    assert said == ["True", "uvicorn", "False", "False", "Client", "True", "Server"]
