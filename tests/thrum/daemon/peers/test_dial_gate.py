from thrum.daemon.peers.dial_gate import ENOUGH, OPEN_S, PROBE_S, DialGate


def test_the_pause_grows_and_an_answer_ends_it() -> None:
    gate = DialGate(lambda: 0.0, lambda: 0.5)
    pauses = []
    for _ in range(ENOUGH + 2):
        gate.failed()
        pauses.append(gate.wait_s)
    assert pauses == [0.75, 1.5, 3.0, 6.0, PROBE_S, PROBE_S, PROBE_S]
    gate.open()
    assert gate.wait_s == 0.0
    gate.failed()
    assert gate.wait_s == PROBE_S
    gate.answered()
    assert (gate.failures, gate.wait_s) == (0, 0.0)


def test_a_dead_peer_costs_some_sixty_calls_an_hour() -> None:
    now, calls = 0.0, 0
    gate = DialGate(lambda: now, lambda: 0.0)
    while now < 3600:
        calls += 1
        gate.failed()
        now += gate.wait_s
    assert 60 <= calls <= 66


def test_one_that_says_it_is_there_and_cannot_be_called_costs_bounded_calls_as_well() -> None:
    now, calls = 0.0, [0] * 12
    gate = DialGate(lambda: now, lambda: 0.0)
    while now < 12 * 3600:
        gate.open()  # ten times in a second, as often as a peer may say so
        if not gate.wait_s:
            calls[int(now) // 3600] += 1
            gate.failed()
        now += 0.1
    assert max(calls) <= 3600 / OPEN_S + 10


def test_word_of_a_peer_that_answered_since_counts_at_once() -> None:
    gate = DialGate(lambda: 0.0, lambda: 0.0)
    for _ in range(3):
        gate.failed()
        gate.open()
        assert not gate.wait_s
        gate.failed()
        gate.open()
        assert gate.wait_s
        gate.answered()
