"""What keeps the picture of who works true: the dead are noticed, the old is forgotten."""
