"""Who has what for himself: taking, giving back, waiting, and telling both of two who want it."""
