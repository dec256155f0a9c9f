"""What may happen: rules for calls, the reading of shell commands, trust, and keeping secrets out of text."""
