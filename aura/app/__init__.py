"""The wiring: settings in, a session out."""
