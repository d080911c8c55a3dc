"""Backups of all that one repository's Thrum knows: taken, looked through, kept for a while."""
