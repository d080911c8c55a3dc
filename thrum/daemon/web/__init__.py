"""Pages, and programs that connect by WebSocket, at an address of this machine."""
