"""Slash commands: one file each, found by their file names."""
