"""Daemons of other clones and other repositories that this one knows: pairing, and what crosses."""
