"""What the doctor says of keys and signatures."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gitstore import canonical
from tests.thrum.daemon.conftest import Opener
from thrum import events, keys, paths
from thrum.daemon.signing import check
from thrum.daemon.signing.ed25519 import PrivateKey, new_private
from thrum.daemon.signing.key_file import Held, KeyFile, paths_of
from thrum.daemon.signing.statement import PREFIX
from thrum.doctor.finding import Patient

ME = "d_here"


@pytest.fixture
def patient(repository: Path) -> Patient:
    place = paths.at(repository)
    place.var.mkdir(parents=True, exist_ok=True)
    place.config.write_text(json.dumps({"identity": {"daemon_id": ME}}))
    return Patient(place, {})


def said(patient: Patient) -> list[str]:
    return [each.text for each in check.signatures(patient)]


def hold(patient: Patient, private: str) -> Path:
    KeyFile(paths_of(patient.place), ME).write(Held(ME, private))
    return paths_of(patient.place)[0]


def publish(key: PrivateKey) -> events.KeyPublish:
    return events.KeyPublish(key=keys.id_of(key.public), public=key.public)


def test_a_clone_without_a_key_yet_and_one_that_looks_at_none_are_well(patient: Patient) -> None:
    assert said(patient) == []
    patient.place.config.write_text(json.dumps({"signatures": "off"}))
    hold(patient, "spoilt")
    assert said(patient) == []


def test_a_key_that_others_can_read_or_that_is_none_is_named(patient: Patient) -> None:
    path = hold(patient, new_private())
    path.chmod(0o640)
    (text,) = said(patient)
    assert text.startswith(f"{path} is open to others (mode 640)")
    hold(patient, "spoilt")
    (text,) = said(patient)
    assert text.startswith(f"the signing key in {path} is none")


def test_a_key_that_was_lost_or_revoked_is_named(patient: Patient, open_store: Opener) -> None:
    store, key = open_store(origin_daemon=ME), PrivateKey(private := new_private())
    emitted = publish(key)
    store.transact_blocking(lambda transaction: transaction.emit(emitted))
    assert [text.partition(";")[0] for text in said(patient)] == ["this clone has no key any more"]
    hold(patient, private)
    assert said(patient) == []
    ended = events.KeyRevoke(key=emitted.key, since=emitted.timestamp)
    ended.origin_daemon, ended.timestamp, ended.event_id = ME, emitted.timestamp, "evt_x"
    ended.sig = events.Signature(emitted.key, key.sign(PREFIX + canonical(ended)))
    line = canonical(ended)
    store.log.append([[("events.jsonl", line)]])
    store.catch_up()
    assert said(patient) == ["the key of this clone is revoked"]


def test_what_is_wrong_of_others_is_counted(patient: Patient, open_store: Opener) -> None:
    store, key = open_store(), PrivateKey(new_private())
    told = publish(key)
    told.origin_daemon, told.timestamp, told.event_id = (
        "d_b",
        "2026-01-01T00:00:00.000000000Z",
        "evt_a",
    )
    lines = [("events.jsonl", canonical(told))]
    for number in range(2):
        forged = events.MessageCreate(
            message_id=f"msg_{number}", agent_id="ann", body=events.Body("x")
        )
        forged.origin_daemon, forged.timestamp = "d_b", told.timestamp
        forged.event_id = f"evt_{number}"
        forged.sig = events.Signature(told.key, key.sign(b"something else"))
        lines.append(("events.jsonl", canonical(forged)))
    store.log.append([lines])
    store.catch_up()
    assert said(patient) == [
        f"the key {told.key[:12]} of d_b counts for nothing here: waiting",
        "2 messages of d_b with a wrong signature: not what was signed",
    ]
