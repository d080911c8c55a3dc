"""Sessions whose context is nearly full: what they said is saved, and they are told."""
