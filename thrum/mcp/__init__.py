"""The MCP server: what an agent's runtime sees of Thrum, over standard input and output."""
