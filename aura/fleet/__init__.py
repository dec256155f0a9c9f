"""Runs on many processes and machines: queued, taken up, woken and recovered. The only door to DBOS."""
