"""Agent runtimes: one adapter each, which says everything in which a runtime differs."""
