"""The command line: one file for each subcommand, found by its name."""
