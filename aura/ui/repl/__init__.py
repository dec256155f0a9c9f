"""The plain face: lines on a terminal, and a prompt below them that stays usable."""
