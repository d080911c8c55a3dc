"""Questions for leave that runtimes ask: who is told of them, and how their answers get back."""
