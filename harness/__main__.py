"""``python -m harness``, and the ``harness`` command."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; Ctrl-C may come while it is still being imported."""
    try:
        from harness.cli.main import main as command
    except KeyboardInterrupt:
        print("harness: interrupted", file=sys.stderr)
        sys.exit(130)
    command()


if __name__ == "__main__":
    main()
