"""Bodies of blocks as lines of cells."""
