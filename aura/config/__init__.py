"""Settings and places: one typed tree, where each value came from, and where things lie on disk."""
