"""Files that two agents change at once: both hear of it while there is still little to lose."""
