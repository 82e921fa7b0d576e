"""Draws the cases anew that the pages in ``docs`` show: ``python -m benchmarks.drawings``.

A page says ``<!-- show CASE -->`` above a block of text. A test compares the block with what
``harness show --brief`` says of the case.
"""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from harness.cli.console import out
from harness.cli.main import main as harness

WIDTH = 120
_SHOWN = re.compile(r"<!-- show (\S+) -->\n```text\n.*?```\n", re.DOTALL)


def drawn(path: Path) -> str:
    """A case's drawing, as a page has it."""
    before, out.width = out.width, WIDTH
    try:
        shown = CliRunner().invoke(harness, ["show", "--brief", str(path)])
    finally:
        out.width = before
    if shown.exit_code:
        raise SystemExit(f"{path} can not be shown: {shown.output}")
    text = "\n".join(line.rstrip() for line in shown.output.splitlines()[1:])
    return f"<!-- show {path.as_posix()} -->\n```text\n{text}\n```\n"


def main() -> None:
    """Draw all cases anew."""
    for page in sorted(Path("docs").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        page.write_text(_SHOWN.sub(lambda match: drawn(Path(match[1])), text), encoding="utf-8")


if __name__ == "__main__":
    main()
