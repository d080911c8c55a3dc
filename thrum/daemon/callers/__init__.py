"""Who calls the daemon, and where agents are at home."""
