"""The results of a bench as one self-contained HTML page: no scripts, nothing loaded."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from rich.text import Text

from harness.bench.charts import chart
from harness.bench.curves import bugs_found, pairs_seen
from harness.bench.results import Results
from harness.bench.tables import Section, sections

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 75em; padding: 0 1em; }
table { border-collapse: collapse; margin: 0.5em 0 2em; }
td, th { padding: 0.15em 0.7em; border-bottom: 1px solid #ddd; text-align: right;
  font-variant-numeric: tabular-nums; white-space: nowrap; }
td:first-child, th:first-child { text-align: left; }
.scroll { overflow-x: auto; }
.best { font-weight: bold; color: #00735a; }
svg { width: 100%; max-width: 60em; font: 12px system-ui, sans-serif; }
svg .rule { stroke: #e4e4e4; }
"""


def page(results: Results) -> str:
    """The page: what the terminal shows, bugs and coverage over schedules, each subject."""
    html = Element("html", {"lang": "en"})
    head = SubElement(html, "head")
    SubElement(head, "meta", {"charset": "utf-8"})
    SubElement(head, "title").text = "harness bench"
    SubElement(head, "style").text = _STYLE
    body = SubElement(html, "body")
    SubElement(body, "h1").text = "How many schedules does each strategy need?"
    seeds = {
        trial.job.seed for s in results.strategies for c in results.cells(s) for trial in c.trials
    }
    _paragraph(
        body,
        f"{len(results.subjects)} subjects, {len(seeds)} seeds, up to {results.budget:,} schedules "
        "a trial. A trial that did not find the bug counts as longer than that (survival "
        "analysis); means are restricted to it and so lower bounds. Intervals: 95 %, bootstrap.",
    )
    for section in sections(results):
        _section(body, section)
    SubElement(body, "h2").text = "Bugs found over schedules"
    _paragraph(body, "Share of the bugs that a trial has found, mean over the subjects.")
    body.append(_bugs(results, results.subjects))
    SubElement(body, "h2").text = "Coverage over schedules"
    _paragraph(
        body,
        "Reads-from pairs (who wrote what whom reads, and how) seen so far, as a share of the "
        "most that any strategy sees of the subject; mean over the subjects.",
    )
    seen = pairs_seen(results)
    most = max(x for line in seen for x, _ in line.points)
    body.append(chart(seen, most, "schedules", "reads-from pairs seen"))
    SubElement(body, "h2").text = "Each subject"
    for subject in results.subjects:
        details = SubElement(body, "details")
        SubElement(details, "summary").text = subject
        details.append(_bugs(results, [subject]))
    return "<!DOCTYPE html>\n" + tostring(html, encoding="unicode", method="html")


def _bugs(results: Results, subjects: Sequence[str]) -> Element:
    return chart(bugs_found(results, subjects), results.budget, "schedules", "bugs found")


def _section(parent: Element, section: Section) -> None:
    """The same table that the terminal shows."""
    table = section.table
    SubElement(parent, "h2").text = section.title
    element = SubElement(SubElement(parent, "div", {"class": "scroll"}), "table")
    row = SubElement(element, "tr")
    for column in table.columns:
        SubElement(row, "th").text = str(column.header)
    for cells in zip(*(column.cells for column in table.columns), strict=True):
        row = SubElement(element, "tr")
        for cell in cells:
            best = isinstance(cell, Text) and "bold" in str(cell.style)
            SubElement(row, "td", {"class": "best"} if best else {}).text = str(cell)
    _paragraph(parent, section.note)


def _paragraph(parent: Element, text: str) -> None:
    SubElement(parent, "p").text = text
