"""Which modules have their tests elsewhere than at their own place in the mirror, and why.

``thrum/a/b.py`` is tried by ``tests/thrum/a/test_b.py``. Those that are not stand here.
"""

from __future__ import annotations

TRIED: dict[str, tuple[str, str]] = {
    "thrum/front.py": (
        "tests/integration/test_ready.py",
        "lines are handed over there, and run here where they must",
    ),
    "thrum/ready/becoming.py": (
        "tests/integration/test_ready.py",
        "lines are typed there that a ready process carries out",
    ),
    "thrum/ready/call.py": (
        "tests/integration/test_ready.py",
        "callers who may do less are turned away there",
    ),
    "thrum/ready/commands.py": (
        "tests/integration/test_ready.py",
        "lines of both kinds are typed there",
    ),
    "thrum/ready/program.py": (
        "tests/integration/test_ready.py",
        "it is killed there, left alone, and ended with its daemon",
    ),
    "thrum/daemon/ready/service.py": (
        "tests/integration/test_ready.py",
        "the process begins there with the first caller, and after each end",
    ),
    "thrum/cli/outside.py": (
        "tests/integration/test_ready.py",
        "both kinds of it are made there",
    ),
    "thrum/githook/place.py": (
        "tests/thrum/githook/test_guard.py",
        "hooks are put there wherever git, husky and others have them",
    ),
    "thrum/daemon/claims/notice.py": (
        "tests/integration/test_two_clones.py",
        "both of two clones that claim the same are told there",
    ),
    "thrum/daemon/claims/shown.py": (
        "tests/thrum/daemon/claims/test_methods.py",
        "what pages are told of claims is looked at there",
    ),
    "thrum/daemon/claims/changes.py": (
        "tests/thrum/daemon/claims/test_methods.py",
        "what others changed is asked for there",
    ),
    "thrum/daemon/claims/line.py": (
        "tests/thrum/daemon/claims/test_methods.py",
        "who waits gets it in turn there",
    ),
    "thrum/daemon/claims/releasing.py": (
        "tests/thrum/daemon/claims/test_methods.py",
        "claims are given back and handed over there",
    ),
    "thrum/daemon/claims/service.py": (
        "tests/thrum/daemon/claims/test_methods.py",
        "everything that it is asked is asked there",
    ),
    "thrum/daemon/claims/taking.py": (
        "tests/thrum/daemon/claims/test_methods.py",
        "claims are taken there, rightly and wrongly",
    ),
    "thrum/daemon/projection/near.py": (
        "tests/thrum/daemon/projection/apply/test_claims.py",
        "claims that overlap are found there as by looking at all",
    ),
    "thrum/cli/render/claims.py": (
        "tests/thrum/cli/commands/test_claim.py",
        "claims are shown there",
    ),
    "thrum/cli/render/found.py": (
        "tests/thrum/cli/commands/test_search.py",
        "what the command prints is read there",
    ),
    "thrum/daemon/projection/queries/searched.py": (
        "tests/thrum/daemon/rpc/test_search.py",
        "each field of an answer is looked at there",
    ),
    "thrum/daemon/projection/search/about.py": (
        "tests/thrum/daemon/projection/search/test_find.py",
        "authors, names, groups and odd ones are searched for there",
    ),
    "thrum/daemon/projection/search/expression.py": (
        "tests/thrum/daemon/projection/search/test_find.py",
        "what it makes of queries is held against a scan there",
    ),
    "thrum/daemon/projection/search/scan.py": (
        "tests/thrum/daemon/projection/search/test_find.py",
        "it is held against the index there",
    ),
    "thrum/daemon/rpc/kept_texts.py": (
        "tests/thrum/daemon/rpc/test_search.py",
        "contexts and snapshots are found there, and files that are none are not",
    ),
    "thrum/cli/commands/migrate.py": (
        "tests/integration/test_migration.py",
        "the command is typed there, rightly and wrongly",
    ),
    "thrum/migration/aside.py": (
        "tests/integration/test_migration.py",
        "what was there is kept there and comes back",
    ),
    "thrum/daemon/quiet.py": (
        "tests/integration/test_migration.py",
        "daemons are stopped there, and started again",
    ),
    "thrum/migration/landing.py": (
        "tests/integration/test_migration.py",
        "lines are appended there, while no daemon works",
    ),
    "thrum/migration/layout.py": (
        "tests/integration/test_migration.py",
        "mail that git tracks is taken over there",
    ),
    "thrum/migration/local_facts.py": (
        "tests/integration/test_migration.py",
        "monitors and messages on a phone come along there",
    ),
    "thrum/migration/migration.py": (
        "tests/integration/test_migration.py",
        "an older program's files are taken over there, and put back",
    ),
    "thrum/cli/commands/imports.py": (
        "tests/integration/test_imports.py",
        "the commands are typed there, rightly and wrongly",
    ),
    "thrum/neighbours/haul.py": (
        "tests/integration/test_imports.py",
        "what neighbours have comes in there, once",
    ),
    "thrum/neighbours/post.py": (
        "tests/thrum/neighbours/test_beads.py",
        "issues become posts there, and hostile ones do not",
    ),
    "thrum/migration/known.py": (
        "tests/thrum/migration/test_retelling.py",
        "what the log has is told by nobody again there",
    ),
    "thrum/migration/older.py": (
        "tests/thrum/migration/test_retelling.py",
        "older databases are read there, whole and damaged",
    ),
    "thrum/daemon/program.py": (
        "tests/thrum/cli/test_real.py",
        "daemons are begun by it there, by `daemon start` and by `daemon run`",
    ),
    "thrum/daemon/__main__.py": (
        "tests/contract/test_recorded.py",
        "the daemon that is asked there is begun by it, as by `thrum daemon start`",
    ),
    "thrum/cli/commands/backup.py": (
        "tests/integration/test_backup.py",
        "the commands are typed there, rightly and wrongly",
    ),
    "thrum/backup/bundles.py": (
        "tests/integration/test_backup.py",
        "bundles are made, added to, and unpacked there",
    ),
    "thrum/backup/databases.py": (
        "tests/integration/test_backup.py",
        "they are copied there, shared, and compared",
    ),
    "thrum/backup/manifest.py": (
        "tests/integration/test_backup.py",
        "it is what is written there and looked through",
    ),
    "thrum/backup/mending.py": (
        "tests/integration/test_backup.py",
        "objects are lost and damaged there, and put back",
    ),
    "thrum/backup/restoring.py": (
        "tests/integration/test_backup.py",
        "everything is deleted there and comes back; test_backup_drill.py kills who restores",
    ),
    "thrum/backup/sources.py": (
        "tests/integration/test_backup.py",
        "files of every kind go along there and come back",
    ),
    "thrum/backup/taking.py": (
        "tests/integration/test_backup.py",
        "backups are taken there beside a daemon, and killed",
    ),
    "thrum/backup/uniting.py": (
        "tests/integration/test_backup.py",
        "logs are united there, after purges, withdrawals and losses",
    ),
    "thrum/backup/verifying.py": (
        "tests/integration/test_backup.py",
        "a byte of each file is changed there",
    ),
    "thrum/daemon/backup/check.py": (
        "tests/integration/test_backup.py",
        "the doctor is asked there",
    ),
    "thrum/daemon/backup/service.py": (
        "tests/integration/test_backup.py",
        "a daemon takes one there that is due",
    ),
    "thrum/daemon/peers/bridge/older.py": (
        "tests/integration/test_bridge.py",
        "mail goes there to a server that answers as older programs were recorded to",
    ),
    "thrum/daemon/peers/moving.py": (
        "tests/integration/test_networks.py",
        "peers move there, and are followed",
    ),
    "thrum/daemon/peers/repairing.py": (
        "tests/integration/test_networks.py",
        "daemons there become others, and are known again",
    ),
    "thrum/daemon/peers/listening.py": (
        "tests/integration/test_networks.py",
        "real addresses, in a network namespace",
    ),
    "thrum/daemon/peers/site.py": (
        "tests/integration/test_networks.py",
        "who is no peer finds nothing there",
    ),
    "thrum/cli/commands/telegram.py": (
        "tests/integration/test_telegram.py",
        "the commands are typed there, with a phone at the other end",
    ),
    "thrum/cli/render/telegram.py": (
        "tests/integration/test_telegram.py",
        "what the commands print is read there",
    ),
    "thrum/daemon/telegram/bridge.py": (
        "tests/integration/test_telegram.py",
        "it is at work there, killed and without Telegram in between",
    ),
    "thrum/daemon/telegram/bot_api.py": (
        "tests/integration/test_telegram.py",
        "a server that behaves as the Bot API does is asked there, and fails",
    ),
    "thrum/daemon/telegram/carrying.py": (
        "tests/integration/test_telegram.py",
        "what goes to which chat is seen at the phone there",
    ),
    "thrum/daemon/telegram/desk.py": (
        "tests/integration/test_telegram.py",
        "both directions of a bridge work with it there",
    ),
    "thrum/daemon/telegram/methods.py": (
        "tests/integration/test_telegram.py",
        "the bridge is set up, asked and paired there",
    ),
    "thrum/daemon/telegram/posting.py": (
        "tests/integration/test_telegram.py",
        "what comes from a phone becomes events there, once though the daemon is killed",
    ),
    "thrum/daemon/telegram/pressing.py": (
        "tests/integration/test_telegram.py",
        "questions are answered by buttons there",
    ),
    "thrum/daemon/telegram/reading.py": (
        "tests/integration/test_telegram.py",
        "what people write at a phone arrives there, or is dropped",
    ),
    "thrum/daemon/telegram/sending.py": (
        "tests/integration/test_telegram.py",
        "what goes to the phone is seen there, whatever fails",
    ),
    "thrum/daemon/telegram/service.py": (
        "tests/integration/test_telegram.py",
        "it runs in a daemon there, begins and ends with its configuration",
    ),
    "thrum/cli/commands/keys.py": (
        "tests/integration/test_signatures.py",
        "the commands are typed there, in two clones",
    ),
    "thrum/cli/steps/verifying.py": (
        "tests/integration/test_signatures.py",
        "the log is read there, with a daemon and without",
    ),
    "thrum/daemon/signing/methods.py": (
        "tests/integration/test_signatures.py",
        "keys are listed, accepted, changed and revoked there",
    ),
    "thrum/daemon/signing/said.py": (
        "tests/integration/test_signatures.py",
        "messages and keys of real logs are judged there",
    ),
    "thrum/daemon/signing/decisions.py": (
        "tests/integration/test_signatures.py",
        "what was decided outlives a restart there",
    ),
    "thrum/daemon/signing/judge.py": (
        "tests/integration/test_signatures.py",
        "messages with edits, forged and sound, are judged there",
    ),
    "thrum/cli/commands/peer.py": (
        "tests/integration/test_peers.py",
        "the commands are typed there, between two daemons",
    ),
    "thrum/cli/render/peers.py": (
        "tests/integration/test_peers.py",
        "what the commands print is read there",
    ),
    "thrum/daemon/peers/examining.py": (
        "tests/integration/test_peers.py",
        "real daemons that answer, are away, and do not know each other",
    ),
    "thrum/daemon/peers/tsync.py": (
        "tests/contract/test_peering.py",
        "between real daemons, as it was recorded",
    ),
    "thrum/daemon/peers/bridge/bridge.py": (
        "tests/integration/test_bridge.py",
        "letters cross there between two daemons, killed in between",
    ),
    "thrum/daemon/peers/bridge/methods.py": (
        "tests/integration/test_bridge.py",
        "daemons ask each other there who is here, and what mail waits for",
    ),
    "thrum/daemon/peers/configuring.py": (
        "tests/integration/test_bridge.py",
        "what crosses is changed there while two daemons run",
    ),
    "thrum/daemon/peers/introduction.py": (
        "tests/integration/test_peers.py",
        "daemons tell each other who they are there",
    ),
    "thrum/daemon/peers/joining.py": (
        "tests/integration/test_peers.py",
        "daemons are joined there with right and wrong codes, and where nobody is",
    ),
    "thrum/daemon/peers/methods.py": (
        "tests/integration/test_peers.py",
        "daemons are paired and parted there",
    ),
    "thrum/daemon/peers/service.py": (
        "tests/integration/test_peers.py",
        "it is at work in both daemons there",
    ),
    "thrum/daemon/peers/serving.py": (
        "tests/integration/test_peers.py",
        "what daemons ask of each other is asked there, rightly and wrongly",
    ),
    "thrum/daemon/peers/welcome.py": (
        "tests/integration/test_peers.py",
        "whoever comes with a token, a code or neither comes in there",
    ),
    "thrum/daemon/peers/checkpoints.py": (
        "tests/integration/test_peers.py",
        "who was away or killed goes on there where it was",
    ),
    "thrum/daemon/peers/peer.py": (
        "tests/thrum/daemon/peers/test_book.py",
        "a peer is what the book has in it",
    ),
    "gitstore/committing.py": (
        "tests/gitstore/test_log.py",
        "everything that is committed there is, by the log's own methods",
    ),
    "gitstore/reading.py": (
        "tests/gitstore/test_log.py",
        "everything that is read there is, by the log's own methods",
    ),
    "gitstore/erasing.py": (
        "tests/gitstore/test_unsent.py",
        "what is left of a line is looked for there in all objects and files",
    ),
    "gitstore/held.py": (
        "tests/gitstore/test_unsent.py",
        "each kind of refusal is kept back there, over a restart and until it ends",
    ),
    "gitstore/leaving_out.py": (
        "tests/gitstore/test_unsent.py",
        "lines leave trees there by refusals and by withdrawals",
    ),
    "gitstore/rewriting.py": (
        "tests/gitstore/test_unsent.py",
        "commits are replaced there for each of its three reasons",
    ),
    "gitstore/sifting.py": (
        "tests/gitstore/test_unsent.py",
        "four servers refuse lines there, and one everything",
    ),
    "gitstore/withdrawals.py": (
        "tests/gitstore/test_unsent.py",
        "each step there is cut short, before and after",
    ),
    "gitstore/tip.py": (
        "tests/gitstore/test_log.py",
        "it is three fields that a commit fills, and there they are looked at",
    ),
    "thrum/daemon/prompts/prompt.py": (
        "tests/thrum/daemon/prompts/test_kept.py",
        "it is fields, which are kept there and come back",
    ),
    "thrum/daemon/prompts/shown.py": (
        "tests/thrum/daemon/prompts/test_methods.py",
        "what it makes is what is listed there",
    ),
    "thrum/daemon/prompts/stuck.py": (
        "tests/thrum/daemon/prompts/test_sightings.py",
        "an agent is stuck there, and is not any more, by what its screen shows",
    ),
    "thrum/daemon/prompts/supervisors.py": (
        "tests/thrum/daemon/prompts/test_methods.py",
        "who is told and who may answer is what is looked at there, by real callers",
    ),
    "thrum/runtimes/screens/boxed.py": (
        "tests/thrum/runtimes/screens/test_reading.py",
        "every screen is read there by these",
    ),
    "thrum/runtimes/screens/claude.py": (
        "tests/thrum/runtimes/screens/test_reading.py",
        "every screen is read there by these",
    ),
    "thrum/runtimes/screens/codex.py": (
        "tests/thrum/runtimes/screens/test_reading.py",
        "every screen is read there by these",
    ),
    "thrum/runtimes/screens/gemini.py": (
        "tests/thrum/runtimes/screens/test_reading.py",
        "every screen is read there by these",
    ),
    "thrum/runtimes/screens/marks.py": (
        "tests/thrum/runtimes/screens/test_reading.py",
        "every screen is read there by these",
    ),
    "thrum/runtimes/screens/opencode.py": (
        "tests/thrum/runtimes/screens/test_reading.py",
        "every screen is read there by these",
    ),
    "thrum/runtimes/screens/others.py": (
        "tests/thrum/runtimes/screens/test_reading.py",
        "every screen is read there by these",
    ),
    "thrum/runtimes/screens/qwen.py": (
        "tests/thrum/runtimes/screens/test_reading.py",
        "every screen is read there by these",
    ),
    "thrum/runtimes/screens/screen.py": (
        "tests/thrum/runtimes/screens/test_reading.py",
        "every screen is read there by these",
    ),
    "thrum/runtimes/screens/table.py": (
        "tests/thrum/runtimes/screens/test_reading.py",
        "every screen is read there by these",
    ),
    "thrum/daemon/restart/methods.py": (
        "tests/thrum/daemon/restart/test_service.py",
        "everything there is reported by its one method",
    ),
    "thrum/daemon/restart/restarting.py": (
        "tests/thrum/daemon/tmux/test_restarting.py",
        "sessions are restarted there, from whatever state they are in",
    ),
    "thrum/daemon/restart/asking.py": (
        "tests/thrum/daemon/tmux/test_restarting.py",
        "agents are asked there, and write, or do not",
    ),
    "thrum/daemon/restart/keeping.py": (
        "tests/thrum/daemon/tmux/test_restarting.py",
        "transcripts are kept there, also those that are gone",
    ),
    "thrum/daemon/restart/supervisor.py": (
        "tests/thrum/daemon/tmux/test_restarting.py",
        "agents are told there that they are, and were, restarted",
    ),
    "thrum/daemon/tmux/renewing.py": (
        "tests/thrum/daemon/tmux/test_restarting.py",
        "programs that do not mind the end of their terminal are ended there",
    ),
    "thrum/daemon/restart/notice.py": (
        "tests/thrum/daemon/restart/test_service.py",
        "who is told what, and how often, is what is looked at there",
    ),
    "thrum/snapshots/shown.py": (
        "tests/thrum/snapshots/test_shelf.py",
        "what it looks for is made there, and taken away",
    ),
    "thrum/snapshots/saving.py": (
        "tests/thrum/cli/commands/test_tmux_snapshot.py",
        "it joins what is read and what is written, and there the file that comes of it is read",
    ),
    "thrum/snapshots/seeking.py": (
        "tests/thrum/cli/commands/test_tmux_snapshot.py",
        "each way to find a transcript is gone there, with files where runtimes put them",
    ),
    "thrum/cli/steps/snapshotting.py": (
        "tests/thrum/cli/commands/test_tmux_snapshot.py",
        "the command and the hook that take its steps are tried there",
    ),
    "thrum/__main__.py": (
        "tests/thrum/doctor/test_database.py",
        "it is one call, and every repair there runs `python -m thrum`",
    ),
    "thrum/daemon/projection/queries/filters.py": (
        "tests/thrum/daemon/projection/queries/test_totals.py",
        "every filter is compared there with looking at each message",
    ),
    "thrum/daemon/rpc/session_work.py": (
        "tests/thrum/daemon/rpc/test_work_context.py",
        "sessions begin, beat and end there in worktrees, some of which do not answer",
    ),
    "thrum/daemon/projection/apply/__init__.py": (
        "tests/thrum/daemon/projection/test_order.py",
        "it hands each event to its noun, and there events of all nouns come in any order",
    ),
    "thrum/daemon/projection/apply/withholding.py": (
        "tests/thrum/daemon/projection/test_order.py",
        "what counts changes there with every rule, among events of all nouns in any order",
    ),
    "thrum/daemon/projection/gate.py": (
        "tests/thrum/daemon/projection/test_order.py",
        "it says what a gate does, and one is at work there",
    ),
    "thrum/daemon/projection/apply/functions.py": (
        "tests/thrum/test_events.py",
        "it is a table of all types of events, and that it has every one is a law of theirs",
    ),
    "thrum/daemon/web/binding.py": (
        "tests/thrum/daemon/web/test_service.py",
        "connections are bound there by a login, by a token and by neither",
    ),
    "thrum/daemon/web/site.py": (
        "tests/thrum/daemon/web/test_service.py",
        "pages, links and upgrades are asked for there by real connections",
    ),
    "thrum/mcp/asking.py": (
        "tests/thrum/mcp/test_server.py",
        "each tool there is asked with, without and after a daemon",
    ),
    "thrum/mcp/outside.py": (
        "tests/thrum/mcp/test_server.py",
        "it is what the command line hands to the server there",
    ),
    "thrum/mcp/prompts.py": (
        "tests/thrum/mcp/test_server.py",
        "the official client gets both there",
    ),
    "thrum/mcp/resources.py": (
        "tests/thrum/mcp/test_server.py",
        "the official client reads both there and is told of changes",
    ),
    "thrum/mcp/wire.py": (
        "tests/thrum/mcp/test_server.py",
        "garbage, the end of input and signals come over it there",
    ),
    "thrum/cli/steps/casting.py": (
        "tests/thrum/cli/commands/test_roles.py",
        "`thrum roles refresh` and `thrum init --roles` do nothing else",
    ),
    "thrum/cli/steps/waiting.py": (
        "tests/thrum/cli/commands/test_wait.py",
        "pushes, polls, restarts and deadlines are tried there; `test_ask.py` has its other user",
    ),
    "thrum/cli/steps/clearing.py": (
        "tests/thrum/cli/commands/test_worktree.py",
        "`thrum worktree teardown` does nothing else, and is cut off there behind each step",
    ),
    "thrum/cli/steps/housing.py": (
        "tests/thrum/cli/commands/test_worktree.py",
        "what `thrum worktree create` makes and takes back there goes through it",
    ),
    "thrum/cli/steps/launched.py": (
        "tests/thrum/cli/commands/test_tmux.py",
        "launches are waited for there, and come up or do not",
    ),
    "thrum/daemon/tmux/front.py": (
        "tests/thrum/daemon/tmux/test_following.py",
        "shells, programs and scripts of shells are in front there",
    ),
    "thrum/daemon/tmux/sight.py": (
        "tests/thrum/daemon/tmux/test_priming.py",
        "real screens are read there before and after something is typed",
    ),
    "thrum/cli/commands/up.py": (
        "tests/integration/test_up.py",
        "teams are declared there and begun, and end",
    ),
    "thrum/cli/steps/mustering.py": (
        "tests/integration/test_up.py",
        "agents are begun there from whatever somebody who was killed left",
    ),
    "thrum/daemon/restart/stopping.py": (
        "tests/integration/test_up.py",
        "sessions of agents end there in their order, with what was said",
    ),
    "thrum/cli/steps/building.py": (
        "tests/thrum/cli/commands/test_worktree.py",
        "worktrees are made and taken back there, also what was cut off",
    ),
    "thrum/cli/steps/launching.py": (
        "tests/thrum/cli/commands/test_worktree.py",
        "programs are begun there where that can be, and else it is said what to type",
    ),
    "thrum/cli/steps/ours.py": (
        "tests/thrum/cli/commands/test_worktree.py",
        "files of runtimes, beads and ours are there beside what somebody else changed",
    ),
    "thrum/cli/steps/siting.py": (
        "tests/thrum/cli/commands/test_worktree.py",
        "worktrees are made there from wherever one may stand",
    ),
    "thrum/cli/steps/standing.py": (
        "tests/thrum/cli/commands/test_worktree.py",
        "agents are registered and deleted there from where they live",
    ),
    "thrum/cli/steps/vacating.py": (
        "tests/thrum/cli/commands/test_worktree.py",
        "each who may be at work there, and each who may forget an agent, is met there",
    ),
    "thrum/cli/steps/settling.py": (
        "tests/thrum/cli/commands/test_mcp.py",
        "what is written, shown and refused there goes through it",
    ),
    "thrum/setup/instructions.py": (
        "tests/thrum/setup/test_wanted.py",
        "it is one text, and there it is looked at where it is written",
    ),
    "thrum/demo.py": (
        "tests/integration/test_demo.py",
        "it is a whole play of two clones with their daemons",
    ),
    "thrum/runtimes/amp.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "what its plugin says, and its files, are tried there by the laws of all",
    ),
    "thrum/runtimes/auggie.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "its recorded events and its files are tried there by the laws of all",
    ),
    "thrum/runtimes/claude.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "its recorded events, transcripts and files are tried there by the laws of all",
    ),
    "thrum/runtimes/cli_only.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "it is four words, and what it lacks is tried there with all the others",
    ),
    "thrum/runtimes/codex.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "its recorded events, transcripts and files are tried there by the laws of all",
    ),
    "thrum/runtimes/copilot.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "its recorded events, transcripts and files are tried there by the laws of all",
    ),
    "thrum/runtimes/cursor.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "its recorded events, transcripts and files are tried there by the laws of all",
    ),
    "thrum/runtimes/gemini.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "its recorded events, transcripts and files are tried there by the laws of all",
    ),
    "thrum/runtimes/handlers.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "it is what adapters have in common, and there all of them are tried",
    ),
    "thrum/runtimes/kiro_cli.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "its recorded events and its files are tried there by the laws of all",
    ),
    "thrum/runtimes/opencode.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "what its plugin says, and its files, are tried there by the laws of all",
    ),
    "thrum/runtimes/qwen.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "its recorded events, transcripts and files are tried there by the laws of all",
    ),
    "thrum/runtimes/shell.py": (
        "tests/thrum/runtimes/test_conformance.py",
        "it is four words, and what it lacks is tried there with all the others",
    ),
    "thrum/daemon/sync/rescue.py": (
        "tests/thrum/daemon/sync/test_loop.py",
        "it is what the loop does at its end when the files are gone",
    ),
    "thrum/docs.py": (
        "tests/test_docs.py",
        "what it writes is compared with the pages, which are no package's",
    ),
    "thrum/cli/steps/handing.py": (
        "tests/thrum/cli/commands/test_prime.py",
        "readers that go away and processes that are killed are real there",
    ),
    "thrum/cli/steps/priming.py": (
        "tests/thrum/cli/commands/test_prime.py",
        "the command is nothing but what it gathers, and each part is missing there once",
    ),
    "thrum/prime/facts.py": (
        "tests/thrum/prime/test_page.py",
        "it is what the page is made of, and says nothing by itself",
    ),
    "thrum/daemon/now/looking.py": (
        "tests/thrum/daemon/now/test_methods.py",
        "the method is this, and what it takes together is made there",
    ),
    "thrum/daemon/rpc/pushed.py": (
        "tests/thrum/daemon/push/test_retelling.py",
        "it is the fields that every push there is looked at for",
    ),
    "thrum/skills/plugins/about.py": (
        "tests/thrum/skills/plugins/test_catalogue.py",
        "it is what every manifest says, and there each manifest is looked at",
    ),
    "thrum/skills/plugins/claude.py": (
        "tests/thrum/skills/plugins/test_catalogue.py",
        "it is a list of files, and there each package is held against its reader's rules",
    ),
    "thrum/skills/plugins/codex.py": (
        "tests/thrum/skills/plugins/test_catalogue.py",
        "it is a list of files, and there each package is held against its reader's rules",
    ),
    "thrum/skills/plugins/neutral.py": (
        "tests/thrum/skills/plugins/test_catalogue.py",
        "it is a list of files, and there each package is held against its reader's rules",
    ),
    "thrum/cli/steps/registering.py": (
        "tests/thrum/cli/commands/test_quickstart.py",
        "the command is this and its flags",
    ),
    "thrum/cli/steps/joining.py": (
        "tests/integration/test_delivery.py",
        "whose process it is decides, and there agents' programs run",
    ),
    "thrum/daemon/rpc/nothing.py": (
        "tests/thrum/daemon/tmux/test_methods.py",
        "a session is ended there, and null is what comes of it",
    ),
    "thrum/daemon/queue/contract.py": (
        "tests/thrum/daemon/queue/test_shell.py",
        "a shell there keeps to it",
    ),
    "thrum/daemon/queue/lane.py": (
        "tests/thrum/daemon/queue/test_service.py",
        "whatever the service has done there a lane does",
    ),
    "thrum/daemon/queue/pauses.py": (
        "tests/thrum/daemon/queue/test_shell.py",
        "they grow there to their bound",
    ),
    "thrum/daemon/tmux/allowing.py": (
        "tests/thrum/daemon/tmux/test_methods.py",
        "strangers, others, owners and those in charge ask there",
    ),
    "thrum/daemon/tmux/finding.py": (
        "tests/thrum/daemon/tmux/test_methods.py",
        "sessions of ours, of others and of nobody are asked for there",
    ),
    "thrum/daemon/tmux/introducing.py": (
        "tests/thrum/daemon/tmux/test_methods.py",
        "agents are registered there by the real command, and refused by it",
    ),
    "thrum/daemon/tmux/launching.py": (
        "tests/thrum/daemon/tmux/test_methods.py",
        "real programs are launched there, and nothing where one runs",
    ),
    "thrum/daemon/tmux/opening.py": (
        "tests/thrum/daemon/tmux/test_methods.py",
        "sessions are opened, forced, opened again and ended there",
    ),
    "thrum/daemon/tmux/reaching.py": (
        "tests/thrum/daemon/tmux/test_methods.py",
        "sessions that are there, gone and others' are reached for there",
    ),
    "thrum/daemon/tmux/service.py": (
        "tests/thrum/daemon/tmux/test_methods.py",
        "every method there goes by it, with and without a tmux",
    ),
    "thrum/cli/steps/attaching.py": (
        "tests/thrum/cli/commands/test_tmux.py",
        "terminals, other servers and sessions that are not there are tried there",
    ),
    "thrum/api/pages.py": (
        "tests/thrum/api/test_connection.py",
        "an inbox is listed there, in whole and in part",
    ),
    "thrum/yaml_text.py": (
        "tests/thrum/test_config.py",
        "it reads nothing but settings, and a refusal counts as the one that a person sees",
    ),
}
"""The test file by the module, and the reason."""
