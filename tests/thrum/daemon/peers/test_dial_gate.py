from thrum.daemon.peers.dial_gate import ENOUGH, PROBE_S, DialGate


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
