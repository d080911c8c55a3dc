"""Has a process stand ready for callers of the command line; see `thrum.ready`."""
