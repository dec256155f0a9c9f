"""Where sessions are kept: one append-only event log each, its lease, lists of sessions, and exports."""
