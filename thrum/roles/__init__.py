"""What the roles of agents do: shipped texts, those that a repository chose, and how they drift."""
