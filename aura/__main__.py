"""`python -m aura`, and the `aura` command."""

import sys

from aura.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
