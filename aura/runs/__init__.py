"""Runs: goals pursued unattended, and what is said of them afterwards."""
