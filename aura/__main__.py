"""`python -m aura`, and the `aura` command."""

import sys

CANCELLED = 130


def main() -> int:
    """Run the command line and return its exit code, also when it is interrupted while it is still being loaded."""
    try:
        from aura.cli.main import main as run

        return run()
    except KeyboardInterrupt:
        return CANCELLED


if __name__ == "__main__":
    sys.exit(main())
