"""The guard against loops: agents that answer each other without end are slowed, then held."""
