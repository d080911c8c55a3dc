"""What the screen of an agent runtime says: whether it waits, works, asks, or nobody can tell."""
