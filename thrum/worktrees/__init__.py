"""Worktrees for agents: where they lie, from what they begin, what their end would lose."""
