"""The commands, one module for each noun; `thrum.cli.table` says what each of them is called."""
