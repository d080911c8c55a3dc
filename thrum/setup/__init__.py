"""Writes what runtimes need into files of other people, and takes it out again."""
