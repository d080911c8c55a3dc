"""What agents work on, as their git worktrees say: read by libgit2 on one thread, never written."""
