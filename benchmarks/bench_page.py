"""Writes the figures of ``docs/bench.md``: ``python -m benchmarks.bench_page REGION RESULTS…``.

RESULTS is what ``harness bench --json`` printed; REGION says which table they become. Several
become one: trials are cut at the smallest budget, and seeds that some strategy has not run are left
out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from benchmarks.gallery_page import replaced, table
from harness.bench.document import document
from harness.bench.resampling import geometric_mean
from harness.bench.results import Results
from harness.bench.trial import Job, Trial
from harness.strategies.registry import DEFAULT

PAGE = Path("docs/bench.md")

MEASURE, EASY, HARD = "unguided", 50, 200
"""Subjects are easy that take this strategy fewer schedules on average, hard as many or more."""


def row(name: str, figures: Mapping[str, Any], against: Mapping[str, Any] | None) -> dict[str, str]:
    """A strategy's row."""
    mean = figures["geomean"]
    compared = (
        f"{against['ratio'][0]:.2f} ({against['ratio'][1]:.2f} … {against['ratio'][2]:.2f})"
        if against
        else ""
    )
    return {
        "strategy": f"`{name}`",
        "schedules": f"{mean['value']:.1f} ({mean['low']:.1f} … {mean['high']:.1f})",
        "bugs found": str(figures["bugs_found"]),
        "default / this": compared,
        "default better on": str(against["better"]) if against else "",
        "worse on": str(against["worse"]) if against else "",
    }


def rows(results: Mapping[str, Any], default: str) -> Sequence[dict[str, str]]:
    """A row a strategy, the one with the fewest schedules first."""
    strategies = results["strategies"]
    compared = {c["second"]: c for c in results["comparisons"] if c["first"] == default}
    ordered = sorted(strategies, key=lambda name: strategies[name]["geomean"]["value"])
    return [row(name, strategies[name], compared.get(name)) for name in ordered]


def caption(results: Mapping[str, Any]) -> str:
    """How the figures were measured."""
    seeds = len({trial["seed"] for trial in results["trials"]})
    return (
        f"\n{len(results['subjects'])} subjects, {seeds} seeds, up to {results['budget']:,} "
        "schedules a trial; 95 % intervals.\n\n"
    )


def kinds(results: Mapping[str, Any]) -> Mapping[str, list[str]]:
    """The subjects that are easy, hard or between; none without the measure."""
    means = {c["subject"]: c["mean"]["value"] for c in results["cells"] if c["strategy"] == MEASURE}
    found: dict[str, list[str]] = {"easy": [], "between": [], "hard": []}
    for subject, mean in means.items():
        found["easy" if mean < EASY else "hard" if mean >= HARD else "between"].append(subject)
    return {kind: subjects for kind, subjects in found.items() if subjects}


def hard(results: Mapping[str, Any]) -> str:
    """In how many trials each strategy found the bugs that are hard; empty without the measure."""
    if MEASURE not in results["strategies"]:
        return ""
    subjects = kinds(results).get("hard", [])
    counts: dict[str, list[bool]] = {strategy: [] for strategy in results["strategies"]}
    for trial in results["trials"]:
        if trial["subject"] in subjects:
            counts[trial["strategy"]].append(trial["first"] is not None)
    ordered = sorted(counts, key=lambda strategy: -sum(counts[strategy]))
    found = ", ".join(f"`{s}` {sum(counts[s])} of {len(counts[s])}" for s in ordered)
    return (
        f"\nOn the {len(subjects)} subjects that take `{MEASURE}` {HARD} schedules or more, the "
        f"bug is found in so many trials: {found}.\n"
    )


def by_hardness(results: Mapping[str, Any]) -> str:
    """Mean schedules of each strategy on easy and on hard bugs; empty without the measure."""
    shown = kinds(results)
    if not shown:
        return ""
    means = {(c["subject"], c["strategy"]): c["mean"]["value"] for c in results["cells"]}
    lines = []
    for strategy in results["strategies"]:
        of = {kind: geometric_mean([means[s, strategy] for s in shown[kind]]) for kind in shown}
        figures = {f"{kind} ({len(shown[kind])})": f"{mean:,.0f}" for kind, mean in of.items()}
        lines.append({"strategy": f"`{strategy}`"} | figures)
    return (
        f"\nSchedules, geometric mean, by how many `{MEASURE}` takes: easy are fewer than {EASY}, "
        f"hard {HARD} or more; in brackets the number of bugs.\n\n{table(lines)}"
    )


def merged(documents: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What several benches of the same subjects say together; of equal trials the last counts."""
    budget = min(one["budget"] for one in documents)
    trials = {
        (trial["subject"], trial["strategy"], trial["seed"]): cut(trial, budget)
        for one in documents
        for trial in one["trials"]
    }
    ran: dict[tuple[str, str], set[int]] = {}
    for subject, strategy, seed in trials:
        ran.setdefault((subject, strategy), set()).add(seed)
    seeds = set.intersection(*ran.values())
    results = Results(
        [trial for trial in trials.values() if trial.job.seed in seeds],
        budget,
        documents[0]["subjects"],
        [*dict.fromkeys(name for one in documents for name in one["strategies"])],
    )
    return document(results)


def cut(trial: Mapping[str, Any], budget: int) -> Trial:
    """The trial as it would have gone with a smaller budget."""
    job = Job(trial["subject"], trial["strategy"], trial["seed"], budget)
    first = trial["first"]
    found = None if first is None or first > budget else first
    coverage = tuple((runs, pairs) for runs, pairs in trial["coverage"] if runs <= budget)
    return Trial(job, found, min(trial["runs"], budget), coverage, trial["cpu"])


def main() -> None:
    """Write a region of the page."""
    region, *paths = sys.argv[1:]
    documents = [json.loads(Path(path).read_text(encoding="utf-8")) for path in paths]
    results = documents[0] if len(documents) == 1 else merged(documents)
    default = "guided" if "guided" in results["strategies"] else DEFAULT
    text = caption(results) + table(rows(results, default)) + hard(results) + by_hardness(results)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(replaced(page, region, text), encoding="utf-8")
    print(f"{region} of {PAGE} written")


if __name__ == "__main__":
    main()
