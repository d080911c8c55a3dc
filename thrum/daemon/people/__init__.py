"""The people at this machine, whom a terminal of theirs is enough to know."""
