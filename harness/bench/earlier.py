"""The cases that were known when a revision was new: what a campaign on it could begin with."""

from __future__ import annotations

from pathlib import Path

from harness.bench.subjects import Subject
from harness.cases.casefile import SavedCase, sound_cases
from harness.cases.reading import CaseFileError
from harness.cases.replay import replay
from harness.execute.opening import open_executor


def earlier_cases(subject: Subject, corpus: str) -> list[SavedCase]:
    """The cases of the subject's family that were found on earlier revisions.

    Without those that show the subject's bug when they are replayed on it: there would be nothing
    left to search for.

    Args:
        subject: what will be searched.
        corpus: has a folder for each family; empty for none.
    """
    if not (subject.before and corpus):
        return []
    executor = open_executor(subject.ref)
    found = []
    with executor.guard():
        for _, case in sound_cases(Path(corpus) / executor.spec.family):
            if case.found_on in subject.before:
                try:
                    workload, switches = case.workload(executor.spec), case.schedule(executor.spec)
                except CaseFileError:
                    continue  # its operations or fields are another engine's
                shown = replay(executor, workload, switches).recorded.run.findings
                if not subject.shown_by(shown):
                    found.append(case)
    return found
