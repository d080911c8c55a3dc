"""What is said of a promise that was not kept."""


class Broken(AssertionError):
    """A promise was not kept."""
