"""What came before a row of a recorded run and is not among the rows."""

from __future__ import annotations

from typing import Any, Final

from tests.contract.story import Step, begun, come, said

_THREAD: Final = "msg_01M7XCQX6CFSB087C4QZDX1Y6Z"
_PROBE: Final[dict[str, Any]] = {
    "to": "bob",
    "mentions": ["carol"],
    "format": "plain",
    "reply_to": _THREAD,
}
_WATCH: Final[dict[str, Any]] = {
    "name": "m5",
    "argv": ["sh", "-c", "echo rec: ERROR one; echo fine; echo rec: ERROR two; exec sleep 120"],
    "target": "@alice",
    "cwd": "{A}",
    "env": {"K": "v"},
    "debounce_seconds": 30,
}


def read(caller: str, *ids: str) -> Step:
    """Messages that were marked as read."""
    return Step(caller, "message.markRead", {"message_ids": [f"msg_{id}" for id in ids]})


def queued(id: str, text: str) -> Step:
    """A command that was queued in erin's session."""
    params = {"session": "erin", "text": text, "requester": "alice"}
    return Step("alice", "tmux.queue", params, f"cmd_{id}")


def member(group: str, kind: str, value: str, verb: str = "add") -> Step:
    """A member that came or went."""
    params = {"group": group, "member_type": kind, "member_value": value}
    return Step("alice", f"group.member.{verb}", params)


MAIN: Final[dict[int, list[Step]]] = {
    21: begun("alice", "0000000000000000000000USER", agent="user:rec"),
    29: [
        come("bob", "tester", "auth"),
        *begun("bob", "01M7XCMP7S38YT0R2JBR27MAAV", "rec: test auth"),
    ],
    39: [
        Step("alice", "group.create", {"name": "bare"}, "grp_01M7XCMQBB6KW3H7ZQG1TNH7YV"),
    ],
    55: [
        Step("alice", "group.create", {"name": "probe"}, "grp_01M7XCMQCRKT97YXQDECX39YYC"),
    ],
    60: [
        member("team", "role", "reviewer"),
        member("team", "agent", "carol", "remove"),
    ],
    317: [said("alice", "01M7XCNHBQTZPY0FK2ZTKHWB87", "rec: hello bob", to="@bob")],
    324: [said("bob", "01M7XCNJJFGPTQP7TMDXFRTSRY", "rec: to everyone", to="everyone")],
    332: [
        said(
            "alice",
            "01M7XCNKRDK2JJWSP22BJQ9RFC",
            "rec: structured",
            to="@carol",
            format="json",
            structured={"k": [1, 2.5, None, True], "n": {"a": "b"}},
        )
    ],
    340: [said("alice", "01M7XCNMY37NX25J7W54MP3AP5", "rec: text form", to="@bob")],
    369: [
        read(
            "bob",
            "01M7XCNHBQTZPY0FK2ZTKHWB87",
            "01M7XCNHRHKB15F4SMK731J14V",
            "01M7XCNJ59TKKSR1PJ36PVB01D",
            "01M7XCNJY15KVJJAF6TECFG10T",
            "01M7XCNKAXN6KJ6EBQQVH31YTC",
            "01M7XCNM54W431GJ9QFFW7A9FS",
            "01M7XCNMGN8NS0PJ91980XCZZJ",
            "01M7XCNMY37NX25J7W54MP3AP5",
        )
    ],
    427: [
        said(
            "carol",
            "01M7XCP1NM4EM1NVAKNHK8YR22",
            "rec: re group",
            mentions=["alice", "@team"],
            reply_to="msg_01M7XCNJ59TKKSR1PJ36PVB01D",
        ),
        read("carol", "01M7XCNJ59TKKSR1PJ36PVB01D"),
    ],
    449: [Step("alice", "message.delete", {"message_id": "msg_01M7XCNHRHKB15F4SMK731J14V"})],
    520: [
        *begun("carol", "01M7XCPFGEMQ83TBWTGT9P8GFP", "rec: again"),
        *begun("carol", "01M7XCPG6VPPD66X9WN6QHA3T2"),
    ],
    533: [said("alice", "01M7XCPKJZTS50EWPKEFXAH5HN", "rec: wake up", to="bob")],
    557: [Step("spare", "agent.register", {"name": "spare1", "role": "reviewer", "module": "api"})],
    600: [
        said(
            "bob",
            "01M7XCPXPZMGA25ZNHAQNXTN06",
            "rec: thanks",
            mentions=["bob", "alice"],
            reply_to="msg_01M7XCNHBQTZPY0FK2ZTKHWB87",
        )
    ],
    647: [
        Step(
            "alice",
            "session.setTask",
            {"session_id": "ses_01M7XCPR5SJ5KGGCDKGKM50TSH", "current_task": "rec: task"},
        )
    ],
    738: begun("alice", "01M7XCQJXNE81P69NSVTGSWEHS", "rec: again"),
    757: begun("bob", "01M7XCQNEF2YBBSC8M7NYD96YG", "rec: back"),
    791: [
        Step(
            "frank",
            "agent.register",
            {
                "name": "frank",
                "role": "tester",
                "module": "pid",
                "display": "Tester (pid)",
                "force": True,
            },
        ),
        Step(
            "frank",
            "session.end",
            {"session_id": "ses_01M7XCQQZNYKFN0ZY15GT1QTF1", "reason": "dead_pid"},
        ),
    ],
    895: [
        said("alice", "01M7XCQTAY77J4DHKFP5ZJKN2B", "rec: by mcp", to="bob", structured={"k": "v"}),
        said("alice", "01M7XCQTC08BTDSMVTKV2EDC5D", "rec: by mcp to all", to="everyone"),
    ],
    929: [Step("alice", "agent.register", {"name": "h2", "role": "helper", "module": "m"})],
    1044: [Step("alice", "session.start", {"agent_id": "gina"}, "ses_01M7XCQWRTQFK1EG502E5P8FYY")],
    1135: [
        Step("bob", "context.save", {"agent_name": "bob", "repo_path": "{A_BOB}", "content": ""})
    ],
    1182: [said("alice", "01M7XCQX6MVCFQT38YRJV7JRG9", "rec: to an agent, no at sign", to="bob")],
    1185: [said("alice", "01M7XCQX81EJDFQCZ5XMQMT7SX", "rec: no recipient")],
    1197: [said("alice", "01M7XCQXCM2G767WRGFRQ8R22Y", "rec: role star", mentions=["bare"])],
    1215: [said("alice", "01M7XCQXN2BP7N3XM1QV2PNJ30", "rec: format empty", to="bob", format="")],
    1237: [said("alice", "01M7XCQXPWQ4246969N2G7YSNT", "rec: probe", **_PROBE)],
    1243: [
        said("alice", "01M7XCQXRCKJARXBMWWGV460HB", "rec: probe", structured={"a": 1}, **_PROBE)
    ],
    1249: [
        said("alice", "01M7XCQXSNE329SHKSHG6YW4X9", "rec: probe", structured={"a": 1}, **_PROBE)
    ],
    1251: [
        said("alice", "01M7XCQXTJFZE5EFDRZ7525D90", "rec: probe", structured={"a": 1}, **_PROBE)
    ],
    1254: [said("carol", "01M7XCQXVES6GV8FCBAB7M5GHQ", "rec: without mentions", reply_to=_THREAD)],
    1399: [
        come("dave", "implementer", "web"),
        *begun("dave", "01M7XCMQ1B98WW1VG0KYTXS98K", "rec: build web"),
    ],
    1299: [
        Step(
            "alice",
            "message.delete",
            {"message_id": "msg_01M7XCQY022X7QX25JF3WT9643", "reason": "rec: typo"},
        )
    ],
    1300: [said("alice", "01M7XCQY08953FQDYBY64YJT00", "rec: without reason", to="bob")],
    1317: [Step("alice", "message.delete", {"message_id": "msg_01M7XCQY1R1WQKABNA9561SCSX"})],
    1426: [
        read("bob", "01M7XCQY022X7QX25JF3WT9643"),
        said("alice", "01M7XCQYXC1RDM17KJNJV6C29Z", "rec: for marked_before", to="bob"),
    ],
    # So that the others wait while they are looked at.
    1854: [queued("00000000000000000000000000", "sleep 600")],
    1856: [queued("01M7XCRJ4JJTJF3HP0HRKNFH82", "echo rec-two")],
    1861: [
        Step(
            "alice",
            "tmux.cancel",
            {"command_id": "cmd_00000000000000000000000000", "interrupt": True},
        )
    ],
    1904: [Step("alice", "monitor.start", _WATCH, "mon_01M7XCRYM8QK636XC1GDRNFVWH")],
    2007: [Step("carol", "message.deleteByAgent", {"agent_id": "carol"})],
}
"""Of the run of 0.10.4 nodes."""

UNRELATED: Final[dict[int, list[Step]]] = {
    8: [
        come("alice", "implementer", "auth"),
        *begun("alice", "01M7XCD3H0"),
        come("bob", "tester", "auth"),
        *begun("bob", "01M7XCD3Z0"),
    ],
    9: [come("dave", "implementer", "web"), *begun("dave", "01M7XCD4A0")],
}
"""Of two 0.10.4 nodes that began apart."""

LATER: Final[dict[int, list[Step]]] = {
    8: [
        come("alice", "implementer", "auth"),
        *begun("alice", "01M7XCEYS8ASE46N3Z1QKXQY4Q", "rec: build auth"),
        come("bob", "tester", "auth"),
        *begun("bob", "01M7XCEZ6KTS8SA02S4YC9S1MR", "rec: test auth"),
    ],
    14: [said("alice", "01M7XCEZXP486EH0GYT6FAZVNR", "rec: to everyone", to="everyone")],
    17: [said("alice", "01M7XCEZYW3M8GZZCEHS3QE3J5", "rec: none")],
    26: [
        said("alice", "01M7XCF003226EEV3AWXR09NHM", "rec: delete me", to="bob"),
        Step(
            "alice",
            "message.edit",
            {"message_id": "msg_01M7XCEZX1M944WP86KA2QJ3XH", "content": "rec: to bob, edited"},
        ),
        Step("alice", "message.delete", {"message_id": "msg_01M7XCF003226EEV3AWXR09NHM"}),
        read("bob", "01M7XCEZX1M944WP86KA2QJ3XH"),
    ],
    48: [come("dave", "implementer", "web"), *begun("dave", "01M7XCF0300000000000000000")],
}
"""Of the run of 0.10.6 nodes."""
