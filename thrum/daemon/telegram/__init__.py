"""A phone: mail of one person goes to a bot of Telegram and comes from it."""
