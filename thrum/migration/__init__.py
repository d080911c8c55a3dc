"""Coming over from an older program in place: what its files say, told anew as events."""
