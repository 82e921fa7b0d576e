"""Writes what can be generated of ``docs/haproxy-gallery.md``: stories, drawings, figures.

``python -m benchmarks.gallery_page [FIGURES]``, where FIGURES is what ``benchmarks.gallery --json``
printed; without it the figures stay as they are. A test compares the drawings with what
``harness show --brief`` says of the committed cases.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.drawings import drawn
from benchmarks.gallery import CORPUS, case_of
from harness.engines.haproxy.open_findings import NOT_HERE, OPEN
from harness.engines.haproxy.pairs import GALLERY, Pair

PAGE = Path("docs/haproxy-gallery.md")


def story(pair: Pair) -> Iterator[str]:
    """What the page says of a pair."""
    yield f"### {pair.kind}: in {pair.bug}, not in {pair.clean}\n\n"
    yield f"{pair.story} There since: {pair.since}.\n\n"
    path = case_of(pair)
    if path is not None:
        yield drawn(path) + "\n"


def stories(pairs: Sequence[Pair]) -> str:
    """What the page says of several pairs."""
    return "\n" + "".join(part for pair in pairs for part in story(pair))


def table(rows: Sequence[dict[str, str]]) -> str:
    """The figures, in Markdown."""
    head = [f"| {' | '.join(rows[0])} |", f"|{'---|' * len(rows[0])}"]
    return "\n".join([*head, *(f"| {' | '.join(row.values())} |" for row in rows)]) + "\n"


def replaced(page: str, region: str, text: str) -> str:
    """The page with what stands between a region's markers replaced."""
    pattern = re.compile(rf"(<!-- {region} -->\n).*?(<!-- end -->)", re.DOTALL)
    return pattern.sub(lambda match: match[1] + text + match[2], page)


def main() -> None:
    """Write the page."""
    page = PAGE.read_text(encoding="utf-8")
    still = (f"{o.story} There since: {o.since}.\n\n{drawn(CORPUS / o.case)}\n" for o in OPEN)
    page = replaced(page, "open", "\n" + "".join(still))
    page = replaced(page, "stories", stories(GALLERY))
    reasons = "".join(f"* {commit}: {reason}.\n" for commit, reason in NOT_HERE)
    page = replaced(page, "not here", reasons)
    if len(sys.argv) > 1:
        figures = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
        page = replaced(page, "figures", table(figures["rows"]))
    PAGE.write_text(page, encoding="utf-8")
    missing = [pair.name for pair in GALLERY if case_of(pair) is None]
    print(f"{PAGE} written" + (f"; there is no case of {', '.join(missing)}" if missing else ""))


if __name__ == "__main__":
    main()
