"""What a session said, kept for the one that goes on with its work."""
