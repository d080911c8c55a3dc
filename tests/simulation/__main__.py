"""``python -m tests.simulation SEED [SEED …]``: replays runs and says what happened."""

from __future__ import annotations

import argparse
import logging
import shutil
import sys
import traceback

from tests.simulation import place
from tests.simulation.verdict import judge
from tests.simulation.world import ACTIONS, opened


def main() -> int:
    """Runs the seeds; 1 when one of them failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulation")
    parser.add_argument("seeds", nargs="+", help="a number, or FROM-TO")
    parser.add_argument("--actions", type=int, default=ACTIONS, help="how much happens")
    parser.add_argument("--ends-at", default="", help="the one kind of moment at which nodes end")
    parser.add_argument("--peers", action="store_true", help="nodes are peers, too")
    parser.add_argument("--claims", action="store_true", help="agents claim and search, too")
    parser.add_argument("--verbose", action="store_true", help="print what happens")
    options = parser.parse_args()
    logging.disable(logging.CRITICAL)
    failed = 0
    for seed in [each for text in options.seeds for each in _range(text)]:
        folder = place.folder(f"simulation-{seed}")
        tell = print if options.verbose else _quiet
        how = {name: getattr(options, name) for name in ("actions", "ends_at", "peers", "claims")}
        world = opened(seed, folder / "world", tell=tell, **how)
        try:
            world.run()
            judge(world)
            world.close()
        except BaseException:
            failed += 1
            print(f"seed {seed} fails", flush=True)
            traceback.print_exc()
            if not isinstance(sys.exc_info()[1], Exception):
                raise
        else:
            cuts = sum(node.cuts for node in world.all)
            kills = sum(node.kills for node in world.all)
            things = f"{len(world.trace)} things, {cuts} power cuts, {kills} kills"
            print(f"seed {seed}: {things}, {world.fingerprint[:12]}")
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    return 1 if failed else 0


def _range(text: str) -> range:
    start, _, end = text.partition("-")
    return range(int(start), int(end or start) + 1)


def _quiet(_line: str) -> None:
    pass


if __name__ == "__main__":
    sys.exit(main())
