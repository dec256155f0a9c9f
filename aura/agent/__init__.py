"""The loop: one prompt in, events out, until there is a reason to stop."""
