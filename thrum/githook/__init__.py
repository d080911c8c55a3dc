"""Git's own hook before a commit: which file that is, our lines in it, and what they start."""
