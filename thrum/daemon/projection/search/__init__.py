"""Finding texts by their words: what a word is, the index of them, what is asked of it."""
