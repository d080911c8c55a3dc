"""What an agent is told at the start of a session: who it is, what waits for it, what to type."""
