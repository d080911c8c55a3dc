"""Packages for runtimes that install plugins: skills, slash commands, hooks and the MCP server."""
