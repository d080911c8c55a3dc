"""What every agent does at this moment, and how that is known."""
