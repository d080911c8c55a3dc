"""The tailnet that this machine is in, if it is in one: by which address, and who calls from it."""
