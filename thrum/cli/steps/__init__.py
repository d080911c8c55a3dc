"""What several commands do on their way: read a text, ask a person, hand a message over."""
