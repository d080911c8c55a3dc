"""How each command is used: lines that can be typed, and what they do; loaded for help only."""

from __future__ import annotations

from typing import Final, NamedTuple


class Example(NamedTuple):
    """A line as it is typed in a shell, and what it does, in a few words."""

    line: str
    does: str


def of(name: str) -> tuple[Example, ...]:
    """The examples of a command; an alias has those of what it stands for."""
    stands_for = ALIASES.get(name)
    if stands_for is None:
        return tuple(Example(line, does) for line, does in EXAMPLES[name])
    return tuple(
        Example(line.replace(f"thrum {stands_for}", f"thrum {name}"), does)
        for line, does in EXAMPLES[stands_for]
    )


ALIASES: Final = {
    "agent whoami": "whoami",
    "agent start": "session start",
    "agent end": "session end",
    "agent heartbeat": "session heartbeat",
    "agent set-intent": "session set-intent",
    "agent set-task": "session set-task",
    "context load": "context show",
    "context prime": "prime",
    "worktree setup": "worktree create",
}
"""Commands that are others by a second name."""

EXAMPLES: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "init": (
        ("thrum init --runtime auto", "and the files of the agent programs that are used here"),
        ("thrum init --runtime claude --no-skills --roles default", "no skills; texts for roles"),
        ("thrum init", "on a terminal it asks who you are"),
        ("thrum init --non-interactive", "asks nothing, registers nobody"),
    ),
    "quickstart": (
        ("thrum quickstart nux --role tester --module engine", "the first time"),
        ("thrum quickstart", "come back as who you were here"),
    ),
    "setup": (
        ("thrum setup", "the runtimes that are there, for you, after a look at what is written"),
        ("thrum setup --runtime codex --scope project --yes", "one, in this repository alone"),
        ("thrum setup --skills --dry-run", "what skills there would be"),
        ("thrum setup --guard --yes", "with a hook that refuses to edit what others hold"),
    ),
    "setup status": (
        ("thrum setup status", "what is ready, missing or in the way, and who called last"),
        ("thrum setup status --runtime claude --json", "one of them, for a program"),
    ),
    "setup claude-md": (
        ("thrum setup claude-md", "the lines, to look at"),
        ("thrum setup claude-md --apply --force", "put them into ./CLAUDE.md, or write them anew"),
    ),
    "setup remove": (
        ("thrum setup remove", "everything that setup put in"),
        ("thrum setup remove --runtime claude --dry-run", "look first, for one runtime"),
    ),
    "setup plugin": (
        ("thrum setup plugin claude --to thrum-plugin", "then what it says installs it"),
        ("thrum setup plugin any --to extension", "for gemini, qwen and others"),
    ),
    "prime": (
        ("thrum prime", "who you are, what waits for you, what to type"),
        ("thrum prime --keep-snapshot", "and let the next session see the same"),
    ),
    "runtime list": (
        ("thrum runtime list", "ours and yours, and what each can do"),
        ("thrum runtime list --json", "with all that is known of each, for programs"),
    ),
    "runtime show": (
        ("thrum runtime show claude", "its files, and the events that it tells"),
        ("thrum runtime show kiro --json", "by another name, for programs"),
    ),
    "runtime set-default": (
        ("thrum runtime set-default codex", "for you and this repository"),
        ("thrum runtime set-default kiro --json", "by another name, for programs"),
    ),
    "runtime detect": (
        ("thrum runtime detect", "what is used here, and which sign says so"),
        ("thrum runtime detect --json", "the same for programs"),
    ),
    "statusline": (
        ("thrum statusline", "who this is, what is unread, what is wrong"),
        ("thrum statusline --json", "the same for a program"),
    ),
    "hook": (
        ("thrum hook SessionStart --runtime claude", "what a session of Claude begins with"),
        ("thrum hook Stop --runtime codex", "what ends a turn of Codex"),
    ),
    "hook install": (
        ("thrum hook install pre-commit", "have git ask before each commit"),
        ("thrum hook install pre-commit --remove", "the hook as it was before"),
    ),
    "hook pre-commit": (
        ("thrum hook pre-commit", "what git calls; status 3 stops the commit"),
        ("THRUM_HOOK_MS=3000 thrum hook pre-commit", "with more time than a second"),
    ),
    "overview": (
        ("thrum overview", "what to look at first"),
        ("thrum overview --json", "the same for a program"),
    ),
    "send": (
        ('thrum send "Can you look at the valve?" --to @nux', "to one agent"),
        ('thrum send "Ready." --to @nux --to crew,role:tester', "to agents, groups and roles"),
        ("thrum send --file report.md --to @nux", "a long text"),
        ('thrum send --to @nux -- "-fix it"', "a text that begins with a dash"),
    ),
    "ask": (
        ('thrum ask @nux "Which valve leaks?"', "prints the answer"),
        ('thrum ask @tester "Is main green?" --timeout 10m', "whoever of that role is first"),
    ),
    "inbox": (
        ("thrum inbox", "the newest ten; they are read then"),
        ("thrum inbox --unread", "look without marking"),
        ("thrum inbox --from @nux --page-size 50", "more, of one agent"),
    ),
    "reply": (
        ('thrum reply 8PBN1 "Welded shut."', "8PBN1 stands in front of the message"),
        ("git diff | thrum reply 8PBN1 -", "what another program prints"),
    ),
    "thread": (
        ("thrum thread 8PBN1", "all that was said about it"),
        ("thrum thread 8PBN1 --page 2", "what was said before"),
    ),
    "wait": (
        ("thrum wait --timeout 10m", "until something is there to read"),
        ("thrum wait && thrum inbox --unread", "read it at once"),
    ),
    "search": (
        ("thrum search jwt refresh after:7d", "both words, from the last week"),
        ("thrum search 'from:nux \"token expired\" -draft' --sort new", "a phrase, newest first"),
    ),
    "sent": (
        ("thrum sent --unread", "what somebody has not read yet"),
        ("thrum sent --to @nux --verbose", "texts in full, and who has read them"),
    ),
    "ui": (
        ("thrum ui", "who does what, who is stuck, what was said; in a browser"),
        ("thrum ui --no-open", "the link alone, for a browser elsewhere on this machine"),
        ("thrum ui --logout", "every browser has to come in anew"),
    ),
    "up": (
        ("thrum up --dry-run", "what it would do for the agents of .thrum/team.toml"),
        ("thrum up", "worktrees, sessions and runtimes for all of them"),
    ),
    "down": (
        ("thrum down", "each may write down before what is left to do"),
        ("thrum down night.toml --force", "those of another file, at once"),
    ),
    "tmux snapshot save": (
        ("thrum tmux snapshot save", "before you are restarted; `thrum prime` shows it then"),
        ("thrum tmux snapshot save --jsonl ~/.claude/projects/x/y.jsonl", "of another transcript"),
    ),
    "tmux snapshot restore": (
        ("thrum tmux snapshot restore", "what the session before left, to go on from"),
        ("thrum tmux snapshot restore --json | jq -r .restart_snapshot", "for a program"),
    ),
    "tmux snapshot check": (
        ("thrum tmux snapshot check && thrum prime", "only where the session before left anything"),
        ("thrum tmux snapshot check --json", "the same in words"),
    ),
    "loops": (
        ("thrum loops", "whose mail to each other waits, and since when"),
        ("thrum loops --json | jq .loops[].id", "for programs"),
    ),
    "prompts": (
        ("thrum prompts", "who waits for leave, and to do what"),
        ("thrum prompts --json | jq .prompts[].id", "for programs"),
    ),
    "prompts approve": (
        ("thrum prompts approve 4F3A2B", "allow it, this once"),
        ("thrum prompts approve 4F3A2B --json", "for programs"),
    ),
    "prompts deny": (
        ("thrum prompts deny 4F3A2B", "refuse it"),
        ("thrum prompts deny 4F3A2B --json", "for programs"),
    ),
    "loops release": (
        ("thrum loops release 4f3a2b", "bring what waits between two agents"),
        ("thrum loops release --all", "bring all of it"),
    ),
    "tmux create": (
        (
            "thrum tmux create api --cwd ../api --name furiosa --role implementer --module api",
            "an agent with a session and a worktree of its own",
        ),
        ("thrum tmux create logs --cwd . --no-agent", "registers nobody"),
    ),
    "tmux quickstart": (
        (
            "thrum tmux quickstart api --cwd ../api --name nux --role tester --module api",
            "an agent with a session and a worktree of its own",
        ),
        ("thrum tmux quickstart api --cwd ../api --no-agent", "for whoever is at home there"),
    ),
    "tmux list": (
        ("thrum tmux list", "which sessions there are, and how they are"),
        ("thrum tmux list --json", "for programs"),
    ),
    "tmux check-pane": (
        ("thrum tmux check-pane api", "what hooks of older programs ask"),
        ("thrum tmux check-pane api --json", "for programs"),
    ),
    "tmux launch": (
        ("thrum tmux launch api", "what its agent prefers"),
        ("thrum tmux launch api --runtime codex --wait", "another one; ends when it is up"),
    ),
    "tmux start": (
        ("thrum tmux start", "the session of this worktree, with a runtime in it"),
        ("thrum tmux start --name api --runtime codex", "called otherwise, with another one"),
    ),
    "tmux connect": (
        ("thrum tmux connect api", "C-b d comes back here"),
        ("thrum tmux connect", "where there is only one"),
    ),
    "tmux status": (
        ("thrum tmux status", "which sessions there are, and how they are"),
        ("thrum tmux status --json | jq '.sessions[].name'", "for programs"),
    ),
    "tmux queue": (
        ("thrum tmux queue api 'make test'", "you get a message when it is over"),
        ("thrum tmux queue api 'make test' --wait --timeout 600", "prints what it said"),
        ("thrum tmux queue api -- ls -la", "with flags of its own"),
    ),
    "tmux queue-status": (
        ("thrum tmux queue-status api", "what runs there, and what waits for what"),
        ("thrum tmux queue-status api --json | jq '.queued[].id'", "for programs"),
    ),
    "tmux cancel": (
        ("thrum tmux cancel cmd_01M7XCRJ40638CQEKH23QGNRQD", "one that runs goes on running"),
        ("thrum tmux cancel cmd_01M7XCRJ40638CQEKH23QGNRQD --interrupt", "and presses C-c"),
    ),
    "tmux send": (
        ("thrum tmux send api 'make test'", "typed when what runs there is done"),
        ("thrum tmux send api '/help'", "whatever runs there reads it"),
    ),
    "tmux capture": (
        ("thrum tmux capture api", "what it shows"),
        ("thrum tmux capture api --lines 500", "and much of what went before"),
    ),
    "tmux restart": (
        ("thrum tmux restart api", "its agent may write down first what is left to do"),
        ("thrum tmux restart api --force --runtime codex", "at once, as another runtime"),
    ),
    "tmux kill": (
        ("thrum tmux kill api", "with everything that runs there"),
        ("thrum tmux kill api --quiet", "the same, and says nothing"),
    ),
    "keys list": (
        ("thrum keys list", "of every clone, and which wait for somebody to accept them"),
        ("thrum keys list --json | jq .keys[].state", "for programs"),
    ),
    "keys accept": (
        ("thrum keys accept 4f3a2b1c", "it shows the whole id and asks"),
        ("thrum keys accept 4f3a2b1c --daemon d_01KDVD --yes", "where several clones claim it"),
    ),
    "keys revoke": (
        ("thrum keys revoke 4f3a2b1c --reason stolen", "from now on"),
        ("thrum keys revoke 4f3a2b1c --since 2026-05-01 --yes", "since it was taken"),
    ),
    "keys rotate": (
        ("thrum keys rotate", "the key before it vouches for the new one"),
        ("thrum keys rotate --json | jq -r .key.key", "its id"),
    ),
    "keys export": (
        ("thrum keys export", "this clone's own"),
        ("thrum keys export 4f3a2b1c --json | jq -r .public", "another one"),
    ),
    "peer add": (
        ("thrum peer add", "prints the code, and waits for the other side"),
        ("thrum peer add --type network --address 192.0.2.7", "for one on another machine"),
        ("thrum peer add --type tailscale", "for one in the tailnet"),
        ("thrum peer add --timeout 60s --no-wait --json | jq -r .code", "for programs"),
    ),
    "peer join": (
        ("thrum peer join mybox:127.0.0.1:9999:0123456789012345", "as it was printed there"),
        (
            "thrum peer join --type network mybox:192.0.2.7:9100:0123456789012345",
            "one on another machine",
        ),
        ("cat code.txt | thrum peer join - --peer-name docs", "not on the command line"),
    ),
    "peer list": (
        ("thrum peer list", "who they are, and when something last came"),
        ("thrum peer list --json | jq .[].name", "for programs"),
    ),
    "peer status": (
        ("thrum peer status", "in full"),
        ("thrum peer status --json | jq .[].trouble", "what is wrong"),
    ),
    "peer configure": (
        ("thrum peer configure docs add-agent nux", "of its agents only those that are named"),
        ("thrum peer configure docs --scope addressed", "only mail crosses from now on"),
    ),
    "peer doctor": (
        ("thrum peer doctor", "calls each, and says what is wrong"),
        ("thrum peer doctor --json | jq .peers[].behind", "how much of each is not here yet"),
    ),
    "peer rename": (
        ("thrum peer rename docs handbook", "what you call it is yours alone"),
        ("thrum peer rename d_01J8ZC4 handbook --json", "by its daemon id, for programs"),
    ),
    "peer repair": (
        ("thrum peer repair docs", "it is another daemon by now, or we are"),
        ("thrum peer repair docs --address 192.0.2.9:9100", "it is somewhere else"),
    ),
    "peer remove": (
        ("thrum peer remove docs", "it asks before"),
        ("thrum peer remove docs --yes", "it does not"),
    ),
    "telegram configure": (
        ("thrum telegram configure", "asks what it has to know, then pairs a phone"),
        ("cat token.txt | thrum telegram configure --token - --target @nux --yes", "asks nothing"),
    ),
    "telegram pair": (
        ("thrum telegram pair", "prints a code to be sent to the bot"),
        ("thrum telegram pair --pair-timeout 300s --yes", "as long as can be"),
    ),
    "telegram status": (
        ("thrum telegram status", "in full"),
        ("thrum telegram status --json | jq .error", "what is wrong"),
    ),
    "telegram remove": (
        ("thrum telegram remove", "it asks before"),
        ("thrum telegram remove --yes", "it does not"),
    ),
    "telegram groups list": (
        ("thrum telegram groups list", "and who is heard there"),
        ("thrum telegram groups list --json | jq .[].name", "for programs"),
    ),
    "telegram groups add": (
        ("thrum telegram groups add crew --chat-id=-1001234567890", "it is tg:crew here"),
        (
            "thrum telegram groups add crew --chat-id=-100123 --trust 77 --remote site:nux=@bot",
            "with an agent behind another bot",
        ),
    ),
    "telegram groups remove": (
        ("thrum telegram groups remove crew", "it asks before"),
        ("thrum telegram groups remove crew --yes", "it does not"),
    ),
    "monitor start": (
        ("thrum monitor start --name errs --match ERROR --to @nux -- tail -F app.log", "a log"),
        (
            "thrum monitor start --name ci --match FAIL --to @nux --schedule '0 9 * * 1-5' -- make",
            "at nine on working days",
        ),
        (
            "thrum monitor start --name web --match '' --to @nux --env PORT=80 -- npm run dev",
            "every line",
        ),
    ),
    "monitor add": (
        ("thrum monitor add --name errs --match ERROR --to @nux -- tail -F app.log", "a log"),
        (
            "thrum monitor add --name ok --match . --to @nux --debounce 5m -- sh -c 'ping host'",
            "a shell, where it is wanted; at most one message in five minutes",
        ),
    ),
    "monitor list": (
        ("thrum monitor list", "those that run"),
        ("thrum monitor list --all --json | jq .[].name", "for programs"),
    ),
    "monitor show": (
        ("thrum monitor show errs", "its program, target and last run"),
        ("thrum monitor show errs --json | jq .pid", "for programs"),
    ),
    "monitor stop": (
        ("thrum monitor stop errs", "its name stays taken"),
        ("thrum monitor stop errs && thrum monitor list --all", "it is kept"),
    ),
    "monitor restart": (
        ("thrum monitor restart errs", "after it died, or to begin anew"),
        ("thrum monitor restart errs && thrum monitor show errs", "and see how it is"),
    ),
    "monitor remove": (
        ("thrum monitor remove errs", "its name is free again"),
        ("thrum monitor logs errs --output --limit 0 > errs.txt", "keep what it said, before"),
    ),
    "monitor logs": (
        ("thrum monitor logs errs -n 5", "what it reported"),
        ("thrum monitor logs errs --output", "what its program said"),
    ),
    "message get": (
        ("thrum message get 8PBN1", "one message; it is read then"),
        ("thrum message get 8PBN1 --verbose", "with all that is known of it"),
    ),
    "message edit": (
        ('thrum message edit 8PBN1 "At the fourth valve."', "the new text"),
        ("thrum message edit 8PBN1 --file report.md", "the new text from a file"),
    ),
    "message delete": (
        ("thrum message delete 8PBN1", "asks first"),
        ("thrum message delete 8PBN1 --yes --reason 'wrong thread'", "says why"),
    ),
    "message archive": (
        ("thrum message archive @nux", "what nux wrote"),
        ("thrum message archive --group crew --yes", "what went to a group, without asking"),
    ),
    "message delete-by-agent": (
        ("thrum message delete-by-agent @nux", "if you are nux; asks first"),
        ("thrum message delete-by-agent nux --yes", "without asking"),
    ),
    "message withdraw": (
        ("thrum message withdraw 8PBN1", "before it has left; asks first"),
        ("thrum message withdraw 8PBN1 --yes", "without asking"),
    ),
    "message read": (
        ("thrum message read 8PBN1 K3D9QX", "those that were looked at"),
        ("thrum message read --all", "everything that is unread now"),
    ),
    "log": (
        ("thrum log -n 50 --type message", "the newest fifty messages"),
        ("thrum log --at 2d --agent @nux", "what nux had done two days ago"),
        ("thrum log --before K3D9QX", "the page before the one that begins with it"),
        ("thrum log --follow", "go on until Ctrl-C"),
    ),
    "log show": (
        ("thrum log show K3D9QX", "its line, its file and its commit"),
        ("thrum log show K3D9QX --json", "the same for a program"),
    ),
    "team": (
        ("thrum team", "who is at work"),
        ("thrum team --all", "also who is away"),
        ("thrum team daemons", "how many on which machine"),
    ),
    "status": (
        ("thrum status", "when something seems wrong"),
        ("thrum status --json", "the same for a program"),
    ),
    "who-has": (
        ("thrum who-has src/valve.py", "before you edit it"),
        ("thrum who-has src/valve.py --fresh", "look at the worktrees now"),
    ),
    "claim": (
        ("thrum claim src/auth 'tests/**/*auth*' --note rewriting", "before you work on them"),
        ("thrum claim task:auth-42 --for 8h --wait 10m", "for work that must have one owner"),
    ),
    "claim give": (
        ("thrum claim give @nux src/auth", "the other one has it from now on"),
        ("thrum claim give @nux task:auth-42", "the same for a piece of work"),
    ),
    "release": (
        ("thrum release src/auth", "when you are done"),
        ("thrum release --all", "everything that you hold"),
    ),
    "claims": (
        ("thrum claims", "who has what, and for how long"),
        ("thrum claims --all --json | jq .claims[].what", "for programs"),
    ),
    "ping": (
        ("thrum ping @nux", "whether nux is there"),
        ("thrum ping tester", "the first of a role"),
    ),
    "whoami": (
        ("thrum whoami", "all that is known of you"),
        ("thrum whoami --field agent_id", "one value, for a script"),
    ),
    "identity explain": (
        ("thrum identity explain", "why this shell is who it is"),
        ("THRUM_NAME=nux thrum identity explain", "as nux, if nux lives here"),
    ),
    "agent register": (
        ("thrum agent register --name nux --role tester --module engine", "without a session"),
        ("thrum agent register --name nux --role tester --module engine --re-register", "again"),
    ),
    "agent list": (
        ("thrum agent list --role tester", "all testers, also those who are away"),
        ("thrum agent list --context", "what they work on"),
    ),
    "agent set-status": (
        ("thrum agent set-status blocked", "you cannot go on"),
        ("thrum agent set-status working", "you can again"),
    ),
    "agent delete": (
        ("thrum agent delete nux", "asks first"),
        ("thrum agent delete nux --yes", "without asking"),
    ),
    "agent cleanup": (
        ("thrum agent cleanup --dry-run", "who is gone"),
        ("thrum agent cleanup --yes --threshold 7", "whoever was unseen for a week goes"),
    ),
    "group create": (
        ("thrum group create crew", "then: thrum group add crew @nux"),
        ("thrum group create crew --description 'who drives'", "say what it is for"),
    ),
    "group delete": (
        ("thrum group delete crew", "its messages stay"),
        ("thrum group delete crew --messages --yes", "they go too"),
    ),
    "user register": (
        ("thrum user register", "by the name that git has"),
        ("thrum user register ada --display 'Ada L.'", "by another one"),
    ),
    "user list": (
        ("thrum user list", "who is a person, and which one you are"),
        ("thrum user list --json | jq -r .me", "for a script"),
    ),
    "group list": (
        ("thrum group list", "by name"),
        ("thrum group list --json", "the same for a program"),
    ),
    "group info": (
        ("thrum group info crew", "what it is for, and who is in it"),
        ("thrum group info @crew --json", "the same for a program"),
    ),
    "group members": (
        ("thrum group members crew", "agents and roles"),
        ("thrum group members crew --expand", "who gets its mail now"),
    ),
    "group add": (
        ("thrum group add crew @nux", "one agent"),
        ("thrum group add crew --role tester", "whoever is a tester"),
    ),
    "group remove": (
        ("thrum group remove crew @nux", "one agent"),
        ("thrum group remove crew --role tester", "a role that was added"),
    ),
    "context save": (
        ("thrum context save --file notes.md", "from a file"),
        ("git diff --stat | thrum context save", "what another program prints"),
    ),
    "context show": (
        ("thrum context show --no-preamble --session", "the notes alone"),
        ("thrum context show --version 2", "what they were before"),
    ),
    "context clear": (
        ("thrum context clear", "your own"),
        ("thrum context clear && thrum context show --versions", "what is still kept"),
    ),
    "context preamble": (
        ("thrum context preamble --source", "what is said of role and colleagues, and where"),
        ("thrum context preamble --file preamble.md", "write it"),
    ),
    "context sync": (
        ("thrum context sync", "your own"),
        ("thrum context show --synced", "then: look at the copy"),
    ),
    "session start": (
        ("thrum session start", "in this worktree"),
        ("thrum session start --scope module:engine --ref issue:12", "say what it is about"),
    ),
    "session end": (
        ("thrum session end", "your work here is done"),
        ("thrum session end --reason 'out of time'", "say why"),
    ),
    "session list": (
        ("thrum session list --active", "those that are open"),
        ("thrum session list --agent @nux --limit 5", "an agent's last five"),
    ),
    "session heartbeat": (
        ("thrum session heartbeat", "you are alive"),
        ("thrum session heartbeat --add-ref issue:12", "and work on something else"),
    ),
    "session set-intent": (
        ("thrum session set-intent 'mend the fuel line'", "others see it in team"),
        ("thrum session set-intent ''", "clear it"),
    ),
    "session set-task": (
        ("thrum session set-task beads:shop-12", "others see it in team"),
        ("thrum session set-task ''", "clear it"),
    ),
    "roles list": (
        ("thrum roles list", "which roles have a text here, and who has it"),
        ("thrum roles list --json", "with the texts that come with the program"),
    ),
    "roles deploy": (
        ("thrum roles deploy --dry-run", "whose preamble would be written"),
        ("thrum roles deploy --agent @nux", "one agent's"),
    ),
    "roles refresh": (
        ("thrum roles refresh", "after an update of the program"),
        ("thrum roles refresh && thrum roles deploy", "and into the preambles"),
    ),
    "roles save-config": (
        ("cat answers.json | thrum roles save-config", "then: thrum roles refresh"),
        ("git show main:answers.json | thrum roles save-config", "as another branch has it"),
    ),
    "roles templates print": (
        ("thrum roles templates print implementer-strict", "as it comes"),
        ("thrum roles templates print reviewer-autonomous --json", "with its hash"),
    ),
    "sync status": (
        ("thrum sync status", "whether it works, and when next"),
        ("thrum sync status --json", "the same for a program"),
    ),
    "sync force": (
        ("thrum sync force", "do not wait for the next time"),
        ("thrum sync force && thrum inbox", "what others just sent"),
    ),
    "sync on": (
        ("thrum sync on", "once, in a clone whose mail stayed here"),
        ("thrum sync on && thrum sync status", "and see whether it works"),
    ),
    "sync off": (
        ("thrum sync off", "what was shared stays shared"),
        ("thrum sync off && thrum sync status", "and see that it holds"),
    ),
    "worktree create": (
        (
            "thrum worktree create nux --role tester --module engine --runtime claude",
            "a folder, the branch feature/nux and the agent @nux",
        ),
        ("thrum worktree create hotfix -b fix/valve --base v2.1", "without an agent"),
    ),
    "worktree list": (
        ("thrum worktree list", "who lives where"),
        ("thrum worktree list --json", "the same for a program"),
    ),
    "worktree teardown": (
        ("thrum worktree teardown nux", "refused if anything would be lost"),
        ("thrum worktree teardown nux --delete-branch", "and its branch, if others have all of it"),
        ("thrum worktree teardown nux --keep-agent", "@nux moves elsewhere, with its mail"),
    ),
    "sync worktree": (
        ("thrum sync worktree on", "for an older program that needs the files"),
        ("thrum sync worktree off", "take the folder away"),
    ),
    "config show": (
        ("thrum config show", "what counts, and why"),
        ("thrum config show --json", "the same for a program"),
    ),
    "single-agent-mode": (
        ("thrum single-agent-mode", "how it is"),
        ("thrum single-agent-mode true", "nobody else works here"),
    ),
    "daemon start": (
        ("thrum daemon start", "nothing happens if one runs"),
        ("thrum daemon start --local", "keep off the remote"),
    ),
    "daemon stop": (
        ("thrum daemon stop", "mail is kept, commands wait"),
        ("thrum daemon stop && thrum daemon start", "the same as daemon restart"),
    ),
    "daemon restart": (
        ("thrum daemon restart", "after an update"),
        ("thrum daemon restart --json", "with its process, for a program"),
    ),
    "daemon status": (
        ("thrum daemon status", "runs it, and how is it"),
        ("thrum daemon status || thrum daemon start", "start it where none runs"),
    ),
    "daemon logs": (
        ("thrum daemon logs --follow", "go on until Ctrl-C"),
        ("thrum daemon logs --since 2h", "the last two hours"),
    ),
    "daemon run": (
        ("thrum daemon run", "below a supervisor, or to watch it"),
        ("thrum daemon run --local", "keep off the remote"),
    ),
    "mcp serve": (
        ("thrum mcp serve", "what a runtime starts; as who lives in this worktree"),
        ("thrum mcp serve --agent-id nux", "as one of several who live here"),
    ),
    "mcp config": (
        ("thrum mcp config codex", "what stands where in Codex"),
        (
            "thrum mcp config claude --scope project --apply",
            "added to .mcp.json of this repository",
        ),
    ),
    "rpc call": (
        ("thrum rpc call health", "a method without params"),
        ("thrum rpc call message.list '{\"page_size\": 1}'", "with params"),
    ),
    "rpc describe": (
        ("thrum rpc describe", "all methods"),
        ("thrum rpc describe message.send", "what one takes and gives"),
    ),
    "doctor": (
        ("thrum doctor", "what is wrong, and what to do"),
        ("thrum doctor --fix", "make what repairs lose nothing"),
    ),
    "migrate": (
        ("thrum migrate --dry-run", "what an older program has here"),
        ("thrum migrate --back", "everything as it was before"),
    ),
    "import mcp-agent-mail": (
        ("thrum import mcp-agent-mail ~/.mcp_agent_mail_git_mailbox_repo", "all its projects"),
        ("thrum import mcp-agent-mail --dry-run mail/projects/shop", "how much one of them has"),
    ),
    "import beads": (
        ("thrum import beads .beads/issues.jsonl", "each issue is a thread"),
        ("thrum import beads .beads --dry-run", "how many there are"),
    ),
    "service install": (
        ("thrum service install", "this repository's daemon starts with your next login"),
        ("thrum service install --dry-run", "see what would be written"),
    ),
    "service remove": (
        ("thrum service remove", "it does so no more"),
        ("thrum service remove /old/place --dry-run", "of a repository that was moved"),
    ),
    "service status": (
        ("thrum service status", "which come back, and whether they run"),
        ("thrum service status --json | jq -r .repositories[].path", "for programs"),
    ),
    "service start": (
        ("thrum service start", "from a start-up of your own, where there is no systemd"),
        ("thrum service start --json", "how each of them is then"),
    ),
    "backup": (
        ("thrum backup", "now, to ~/.thrum-backups"),
        ("thrum backup --dir /mnt/disk", "to another place"),
    ),
    "backup status": (
        ("thrum backup status", "when, where, how much"),
        ("thrum backup status --json", "for a program"),
    ),
    "backup config": (
        ("thrum backup config", "where to and how long"),
        ("thrum backup config --json", "for a program"),
    ),
    "backup verify": (
        ("thrum backup verify", "the last one"),
        ("thrum backup verify 2026-03-01T221503.zip", "one of the archives"),
    ),
    "backup restore": (
        ("thrum backup restore --dry-run", "what would come back"),
        ("thrum backup restore 2026-03-01T221503.zip --only messages", "of an archive"),
    ),
    "backup schedule": (
        ("thrum backup schedule 24h", "once a day"),
        ("thrum backup schedule off", "no more"),
    ),
    "backup plugin add": (
        ("thrum backup plugin add --preset beads", "the issues of beads, too"),
        (
            "thrum backup plugin add notes --include 'notes/*.md'",
            "files that are there anyway",
        ),
    ),
    "backup plugin list": (
        ("thrum backup plugin list", "whose files go along"),
        ("thrum backup plugin list --json", "for a program"),
    ),
    "backup plugin remove": (
        ("thrum backup plugin remove beads", "no more"),
        ("thrum backup plugin remove notes", "nor these"),
    ),
    "purge": (
        ("thrum purge --before 90d --dry-run", "count first"),
        ("thrum purge --before 90d", "asks, then forgets"),
    ),
    "demo": (
        ("thrum demo", "some seconds, nothing is left"),
        ("thrum demo --json", "whether it works, for a program"),
    ),
    "completion": (
        ("source <(thrum completion bash)", "for this shell; zsh the same"),
        ("thrum completion fish > ~/.config/fish/completions/thrum.fish", "for fish, for good"),
    ),
    "complete": (
        ("thrum complete -- send --to @n", "what a shell asks"),
        ("thrum complete -- message read ''", "ids of what is unread"),
    ),
    "help": (
        ("thrum help send", "the same as thrum send --help"),
        ("thrum help exit-codes", "one of the topics"),
    ),
    "version": (
        ("thrum version", "this program's"),
        ("thrum version --json", "the same for a program"),
    ),
}
"""By command; at least two each."""
