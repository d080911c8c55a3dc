"""What programs beside this one wrote down, brought in as threads that are put away."""
