"""Word of mail, typed into the line of an agent's program where nothing else brings it."""
