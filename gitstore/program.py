"""The ``git`` program, for the three things that need the network: fetch, push, ls-remote.

People's credentials, ssh configuration and proxies live in it, so it is the one thing that is not
done through libgit2. It alone knows, too, what its many ways of rewriting make of an address. It
never prompts, runs no hook, writes no reflog and ends by a deadline.
"""

from __future__ import annotations

import math
import re
import subprocess
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import Final, NamedTuple

import pygit2
from msgspec import Struct, field

from gitstore.child import Aborted, Owner
from gitstore.format import Format
from gitstore.ref import common_directory


class Outcome(Enum):
    """How an exchange with the remote ended."""

    OK = "ok"
    NOTHING_TO_DO = "nothing to do"
    REJECTED = "rejected"
    REFUSED = "refused by the remote"
    NO_SUCH_BRANCH = "no such remote branch"
    NO_REMOTE = "no remote"
    UNREACHABLE = "unreachable"
    AUTH_FAILED = "authentication failed"
    TIMED_OUT = "timed out"
    FAILED = "failed"


class Answer(Struct, frozen=True):
    """An outcome with git's own words and, from ls-remote, the remote's tip."""

    outcome: Outcome
    words: str = ""
    tip: str | None = None


class Setting(NamedTuple):
    """A setting of git's.

    Attributes:
        origin: where it stands, such as ``file:`` and a path.
        key: its name, in lower case but for the part in the middle.
        value: empty, too, where it has none.
    """

    origin: str
    key: str
    value: str


_AUTH: Final = (
    "authentication failed",
    "could not read username",
    "could not read password",
    "terminal prompts disabled",
    "permission denied (publickey",
    "host key verification failed",
    "http basic: access denied",
    "error: 401",
    "error: 403",
)
_UNREACHABLE: Final = (
    "could not resolve host",
    "connection refused",
    "connection timed out",
    "connection reset",
    "network is unreachable",
    "no route to host",
    "failed to connect",
    "could not read from remote repository",
    "does not appear to be a git repository",
    "repository not found",
    "unable to access",
    "not found",
)
# What a caller's environment may hold that would make git work on another repository, ask a
# question, or speak another language than the one that is parsed here. Git sets several of these
# for its hooks, and a daemon that a hook started would otherwise inherit them.
_STRIPPED: Final = (
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_NAMESPACE",
    "GIT_PREFIX",
    "GIT_QUARANTINE_PATH",
    "GIT_REFLOG_ACTION",
    "GIT_CONFIG",
    "GIT_SHALLOW_FILE",
    "GIT_GRAFT_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_LITERAL_PATHSPECS",
    # Headers with credentials would stand among the words that people see.
    "GIT_CURL_VERBOSE",
)
_STRIPPED_PREFIX: Final = "GIT_TRACE"
_OPTIONS: Final = (
    "core.hooksPath=/dev/null",
    "core.logAllRefUpdates=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.writeCommitGraph=false",
    "push.gpgSign=false",
    "submodule.recurse=false",
    # Our ref, which is synced, comes to point at what is fetched. By default git does not sync the
    # loose objects, and after a power cut they are empty. Gits before 2.36 know no such setting.
    "core.fsync=committed,loose-object,reference",
)
_SECRET: Final = re.compile(r"(?<=://)[^/\s]+@")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ENDS: Final = re.compile(r"[\r\n]+")
_PUSHED: Final = " (push)"
MOST_WORDS: Final = 16_384
"""Characters of git's words that are kept: a server's explanation with its links is far shorter."""
# What a server says that takes no pack of this size, in words where no ref is named.
_TOO_LARGE: Final = ("http 413", "exceeds maximum allowed size", "request entity too large")


def scrub(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment in which git runs: English, silent, and about no other repository."""
    kept = {
        name: value
        for name, value in environment.items()
        if name not in _STRIPPED and not name.startswith(_STRIPPED_PREFIX)
    }
    # Settings of the user's stay, however they are made: GIT_CONFIG_COUNT may carry a token, an
    # askpass program may have one, and GIT_SSH_COMMAND set here would hide their core.sshCommand.
    # What is set on git's command line counts before all of them. Where nobody named a program to
    # ask with, neither git nor ssh opens a window of its own accord.
    silent = {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "LANGUAGE": "C"}
    return {"SSH_ASKPASS": "true"} | kept | silent


def _escaped(found: re.Match[str]) -> str:
    return f"\\x{ord(found[0]):02x}"


def _parted(text: str) -> tuple[str, str]:
    """Key and value of a setting, as git lists it."""
    key, _, value = text.partition("\n")
    return key, value


def classify(words: str) -> Outcome:
    """What kind of failure git's words describe."""
    low = words.lower()
    if any(sign in low for sign in _AUTH):
        return Outcome.AUTH_FAILED
    if "couldn't find remote ref" in low:
        return Outcome.NO_SUCH_BRANCH
    if any(sign in low for sign in _UNREACHABLE):
        return Outcome.UNREACHABLE
    return Outcome.FAILED


class GitProgram(Struct):
    """Runs git in one repository.

    Args:
        repository: the git directory.
        format: branch and remote.
        environment: what git inherits, before it is scrubbed.
        limit_s: seconds after which a process is ended.
        left_s: seconds that are left for the whole exchange.
        started: how many git programs were started.
        owner: has the process that runs; its `abort` ends it.
        on_killed: called when a git did not end by itself, with when it was started, in seconds
            since 1970.
        root: where git stands while it runs, if not in the repository: from there the relative
            addresses of remotes count.
    """

    repository: Path
    format: Format
    environment: Mapping[str, str]
    limit_s: float = 60.0
    left_s: Callable[[], float] = lambda: math.inf
    started: int = 0
    owner: Owner = field(default_factory=Owner)
    on_killed: Callable[[float], None] = lambda _started: None
    root: Path | None = None

    @classmethod
    def of(
        cls, repository: pygit2.Repository, format: Format, environment: Mapping[str, str]
    ) -> GitProgram:
        """Runs git in an open repository, as in a shell at the root of its main worktree."""
        common = common_directory(repository)
        if Path(repository.path) == common:
            root = Path(repository.workdir) if repository.workdir else common
        else:
            root = common.parent if common.name == ".git" else common
        return cls(common, format, environment, root=root)

    def ls_remote(self) -> Answer:
        """Asks for the remote branch's tip: the cheapest question git has."""
        done = self._run("ls-remote", "--refs", self.format.remote, self.format.ref)
        if isinstance(done, Answer):
            return done
        if done.returncode:
            return self._failed(done)
        # Git gives every ref whose name ends like that, such as refs/copies/refs/heads/NAME.
        named = [line.split("\t") for line in done.stdout.splitlines() if "\t" in line]
        tips = [id.strip() for id, name, *_ in named if name.strip() == self.format.ref]
        return Answer(Outcome.OK, tip=tips[0]) if tips else Answer(Outcome.NO_SUCH_BRANCH)

    def fetch(self, *, whole: bool = False) -> Answer:
        """Brings the remote's branch into the tracking ref, wherever the remote moved it.

        Args:
            whole: bring everything, whatever seems to be here; needs git 2.36.
        """
        done = self._run(
            "fetch",
            *(["--refetch"] if whole else []),
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--no-filter",
            "--refmap=",
            self.format.remote,
            f"+{self.format.ref}:{self.format.tracking}",
        )
        if isinstance(done, Answer):
            return done
        return self._failed(done) if done.returncode else Answer(Outcome.OK)

    def fetch_objects(self, ids: Iterable[str]) -> Answer:
        """Brings objects that a partial clone left at the remote, and what they contain.

        Git does the same, one object at a time, when it needs one.
        """
        done = self._run(
            "-c",
            "fetch.negotiationAlgorithm=noop",
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-auto-maintenance",
            "--no-recurse-submodules",
            "--no-filter",
            "--refmap=",
            "--stdin",
            self.format.remote,
            input="".join(f"{id}\n" for id in ids),
        )
        if isinstance(done, Answer):
            return done
        return self._failed(done) if done.returncode else Answer(Outcome.OK)

    def index_pack(self, pack: Path) -> Answer:
        """Makes the index of a pack that has none."""
        done = self._run("index-pack", str(pack))
        if isinstance(done, Answer):
            return done
        return self._failed(done) if done.returncode else Answer(Outcome.OK)

    def push(self, commit: str) -> Answer:
        """Moves the remote's branch forward to the commit; never forces."""
        done = self._run(
            "push",
            "--porcelain",
            "--no-verify",
            "--no-follow-tags",
            "--recurse-submodules=no",
            self.format.remote,
            f"{commit}:{self.format.ref}",
        )
        if isinstance(done, Answer):
            return done
        if done.returncode == 0:
            return Answer(Outcome.OK)
        for line in done.stdout.splitlines():
            # Porcelain: "!<TAB>from:to<TAB>[rejected] (fetch first)"; a server's own veto and a
            # ref that another push holds locked look the same but for the reason.
            if line.startswith("!\t"):
                again = ("fetch first", "non-fast-forward", "stale info", "already exists")
                locked = ("cannot lock ref", "failed to update ref", "incorrect old value")
                if any(sign in line for sign in again):
                    return Answer(Outcome.REJECTED, self._words(line.split("\t")[-1]))
                if any(sign in line for sign in locked):
                    # Which lock, in case it is one that nobody holds any more, stands there only.
                    return Answer(Outcome.REJECTED, self._words(done.stderr or line))
                vetoed = "[remote rejected]" in line
                outcome = Outcome.REFUSED if vetoed else Outcome.FAILED
                return Answer(outcome, self._words(done.stderr or line.split("\t")[-1]))
        failed = self._failed(done)
        if any(sign in failed.words.lower() for sign in _TOO_LARGE):
            return Answer(Outcome.REFUSED, failed.words)
        return failed

    def remotes(self) -> dict[str, list[str]] | Answer:
        """Every remote with each address that a push goes to, as git makes it of all settings."""
        done = self._ask("remote", "-v")
        if isinstance(done, Answer):
            return done
        if done.returncode:
            return self._failed(done)
        found: dict[str, list[str]] = {}
        for line in done.stdout.split("\n"):
            name, tab, url = line.partition("\t")
            if tab and url.endswith(_PUSHED):
                found.setdefault(name, []).append(url.removesuffix(_PUSHED))
        return found

    def settings(self) -> list[Setting] | Answer:
        """Every setting as git sees it, with where it stands."""
        done = self._ask("config", "--list", "--show-origin", "-z")
        if isinstance(done, Answer):
            return done
        if done.returncode:
            return self._failed(done)
        *parts, _ = done.stdout.split("\0")
        named = zip(parts[::2], parts[1::2], strict=True)
        return [Setting(origin, *_parted(text)) for origin, text in named]

    def system_settings(self) -> Path | None:
        """The file with the settings of the whole system, whether there is one or not.

        No release of git before 2.42 says so, but all hand it to the editor; nobody edits it here.
        """
        argv = ["git", "--git-dir", str(self.repository), "config", "--system", "--edit"]
        done = self._watched(argv, None, {"GIT_EDITOR": "echo"})
        if isinstance(done, Answer) or done.returncode:
            return None
        path = Path(done.stdout.removesuffix("\n"))
        return path if path.is_absolute() else None

    def configured(self, key: str) -> str:
        """The value of a setting as git sees it; empty if there is none."""
        done = self._ask("config", "--get", key)
        return "" if isinstance(done, Answer) or done.returncode else done.stdout.strip()

    def reachable(self) -> set[str] | Answer:
        """The ids of all objects that anything leads to: a ref, a reflog, an index, a worktree."""
        sources = ("--all", "--reflog", "--indexed-objects")
        done = self._run("rev-list", "--objects", "--missing=allow-any", *sources)
        if isinstance(done, Answer):
            return done
        if done.returncode:
            return self._failed(done)
        return {line[:40] for line in done.stdout.splitlines()}

    def _failed(self, done: subprocess.CompletedProcess[str]) -> Answer:
        if done.returncode < 0:
            text = f"git was ended by signal {-done.returncode}"
            return Answer(Outcome.FAILED, f"{text}; the next sync goes on")
        words = self._words(done.stderr or done.stdout)
        return Answer(classify(words), words)

    @staticmethod
    def _words(text: str) -> str:
        """Git's words as one line, without a name and password that a URL may carry.

        A server's reason is there whole. What would move a terminal's cursor is shown escaped.
        """
        lines = [line.strip() for line in _ENDS.split(text) if line.strip()]
        words = _CONTROL.sub(_escaped, _SECRET.sub("", "; ".join(lines)))
        if len(words) <= MOST_WORDS:
            return words
        half = MOST_WORDS // 2
        return f"{words[:half]} [...] {words[-half:]}"

    def _run(
        self, *arguments: str, input: str | None = None
    ) -> subprocess.CompletedProcess[str] | Answer:
        options = (*_OPTIONS, f"remote.{self.format.remote}.mirror=false")
        settings = [each for option in options for each in ("-c", option)]
        return self._ask(*settings, *arguments, input=input)

    def _ask(
        self, *arguments: str, input: str | None = None
    ) -> subprocess.CompletedProcess[str] | Answer:
        """With nobody's settings but the user's: one of ours would make a remote of its name."""
        return self._watched(["git", "--git-dir", str(self.repository), *arguments], input)

    @property
    def stand(self) -> Path:
        """Where git stands while it runs."""
        return self.root if self.root and self.root.is_dir() else self.repository

    def _watched(
        self,
        argv: Sequence[str],
        input: str | None,
        more: Mapping[str, str] = MappingProxyType({}),
    ) -> subprocess.CompletedProcess[str] | Answer:
        """Runs to the end or to the limit; the whole process group goes with it."""
        limit = min(self.limit_s, self.left_s())
        if limit <= 0:
            return Answer(Outcome.TIMED_OUT, "the exchange did not end by its deadline")
        self.started += 1
        started = time.time()
        try:
            environment = {**scrub(self.environment), **more}
            done = self.owner.run(argv, environment, self.stand, limit, input)
            if done.returncode < 0 or "died of signal" in done.stderr:
                self.on_killed(started)
            return done
        except OSError as error:
            return Answer(Outcome.FAILED, f"git cannot be started: {error.strerror}")
        except subprocess.TimeoutExpired:
            self.on_killed(started)
            return Answer(Outcome.TIMED_OUT, f"git did not end within {limit:g} s")
        except Aborted:
            self.on_killed(started)
            return Answer(Outcome.FAILED, "git was ended because its owner stops")
