"""Sessions of tmux in which agents live: made, looked at, typed into and ended."""
