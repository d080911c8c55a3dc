"""From answers to text. Nothing here asks anybody; everything foreign is escaped."""
