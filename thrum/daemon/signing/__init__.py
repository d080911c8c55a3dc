"""Signed authorship: the key of this clone, whose keys count, and what signatures say of mail."""
