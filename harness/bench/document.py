"""The results of a bench for machines."""

from __future__ import annotations

from dataclasses import asdict

from harness.bench.published import PUBLISHED, SOURCE
from harness.bench.resampling import Resampled
from harness.bench.results import Results


def document(results: Results) -> dict[str, object]:
    """All trials, and every figure that the tables and the page show."""
    solved = results.solved_by_all()
    return {
        "budget": results.budget,
        "subjects": results.subjects,
        "strategies": {
            strategy: {
                "bugs_found": sum(cell.found > 0 for cell in results.cells(strategy)),
                "geomean": _interval(results.geomean(strategy, results.subjects)),
                "geomean_solved_by_all": _interval(results.geomean(strategy, solved)),
            }
            for strategy in results.strategies
        },
        "solved_by_all": solved,
        "cells": [
            {
                "subject": subject,
                "strategy": strategy,
                "found": cell.found,
                "trials": len(cell.trials),
                "median": cell.median,
                "mean": _interval(cell.mean),
            }
            for subject in results.subjects
            for strategy in results.strategies
            for cell in [results.cell(subject, strategy)]
        ],
        "comparisons": [
            {"first": first, "second": second} | asdict(results.compare(first, second))
            for first in results.strategies
            for second in results.strategies
            if first != second
        ],
        "published": {"source": SOURCE} | {name: asdict(p) for name, p in PUBLISHED.items()},
        "trials": [
            asdict(trial.job)
            | {
                "first": trial.first,
                "runs": trial.runs,
                "coverage": trial.coverage,
                "cpu": round(trial.cpu, 4),
            }
            for subject in results.subjects
            for strategy in results.strategies
            for trial in results.cell(subject, strategy).trials
        ],
    }


def _interval(figure: Resampled | None) -> dict[str, float] | None:
    return None if figure is None else figure.interval()._asdict()
