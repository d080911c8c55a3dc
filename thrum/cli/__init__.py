"""The command line: one module per noun, each command a function of a `Context`."""
