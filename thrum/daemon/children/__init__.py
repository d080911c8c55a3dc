"""The processes that the daemon starts: each has an owner, a bound, a deadline and an end."""
