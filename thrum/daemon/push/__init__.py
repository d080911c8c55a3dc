"""Pushes: what a connection is told of without asking again."""
