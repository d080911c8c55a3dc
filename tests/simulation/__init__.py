"""Many nodes in one process from one seed: the real log and the real store, and everything that
can go wrong around them.

``python -m tests.simulation SEED`` replays a run and prints what happened.
"""
