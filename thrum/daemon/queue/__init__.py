"""Commands that wait for their turn in a session of tmux, one at a time, and what came of them."""
