"""Mail that is brought to sessions of agent runtimes, at the boundaries of their turns."""
