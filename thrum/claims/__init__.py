"""Claims: what an agent has for itself for a while, and who has it where several want it."""
