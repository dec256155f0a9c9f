"""Orders in, bills out."""
