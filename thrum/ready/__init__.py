"""A process that has the command line loaded and becomes the next command; see `thrum.front`."""
