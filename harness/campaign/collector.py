"""Turns raw findings into saved cases: confirm, minimise, recognise, save."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from harness.campaign.paths import CampaignPaths, file_name
from harness.campaign.spool import RawFinding, Spool
from harness.cases.casefile import SUFFIX, SavedCase, load_if_sound, save
from harness.cases.cause import cause_of, explains
from harness.cases.minimise import Minimal, minimise
from harness.cases.reading import CaseFileError
from harness.cases.replay import replay_saved
from harness.codec.codec import Codec
from harness.execute.run import Executor, RecordedRun
from harness.model.finding import Finding
from harness.model.schedule import Schedule, Switch
from harness.model.wording import describe_workload
from harness.model.workload import Workload

BUDGET = 3_000
"""Runs spent on minimising one finding; ``harness minimize`` goes on from there."""

PATIENCE = 10.0
"""Seconds after which that ends too: the runs of a slow engine are not so many."""


class NondeterministicEngineError(Exception):
    """The same case gave two different runs; the message names the first diverging step."""


@dataclass(frozen=True, slots=True)
class Collected:
    """A finding that was confirmed.

    Attributes:
        case: the saved case.
        path: its file.
        new: False when the corpus had it already.
        accepted: whether it is known and accepted: the expectation is what it shows.
        seconds: into the campaign when its first input was seen; 0 for one of old.
        runs: executions of the worker before that.
        complete: False when minimising it ended with its budget.
    """

    case: SavedCase
    path: Path
    new: bool
    accepted: bool
    seconds: float
    runs: int
    complete: bool


class Collector:
    """Confirms, minimises and saves the findings of one engine.

    Args:
        executor: runs the engine, without feedback.
        paths: the corpus.
        spool: where raw findings come from.
        cases: those it has, with their files.

    Attributes:
        collected: by cause, in the order they were met.
        signatures: of the findings that were confirmed.
    """

    def __init__(
        self,
        executor: Executor,
        paths: CampaignPaths,
        spool: Spool,
        cases: Iterable[tuple[Path, SavedCase]],
    ) -> None:
        self._executor = executor
        self._paths = paths
        self._codec = Codec(executor.spec)
        self._known = {
            case.cause: (path, case) for path, case in cases if executor.spec.name in case.expect
        }
        self._spool = spool
        self.collected: dict[str, Collected] = {}
        self.signatures: set[str] = set()

    def take(self, raw: RawFinding, progress: Callable[[int], None]) -> None:
        """Confirm a raw finding, minimise it and save it, unless its cause is known.

        Args:
            raw: from the spool, where it stays until it is safe elsewhere.
            progress: told the runs spent on minimising, after each; what it raises gets through.

        Raises:
            NondeterministicEngineError: two runs of it differ, or the worker's from these.
            EngineError: the engine can not be run.
            OSError: the disk refuses; the raw finding stays in the spool.
        """
        workload, schedule = raw.case(self._codec)
        recorded = self._confirmed(raw, workload, schedule)
        finding = next((f for f in recorded.run.findings if f.signature == raw.signature), None)
        if finding is None:
            self._drop(raw)
            if not raw.old:  # one of old was noted before the engine changed
                raise NondeterministicEngineError(
                    f"nondeterministic engine: a worker saw '{raw.signature}' in a case that "
                    f"gives {recorded.run.verdict} when it is run again; look for time, random "
                    "numbers or state kept between runs"
                )
            return
        late = time.monotonic() + PATIENCE
        minimal = minimise(
            self._executor,
            workload,
            recorded.switches,
            finding,
            budget=BUDGET,
            progress=progress,
            enough=self._explained,
            late=lambda: time.monotonic() > late,
        )
        self._save(minimal, raw)
        self.signatures.add(raw.signature)
        self._spool.take(raw)

    def _explained(self, finding: Finding, workload: Workload, switches: Sequence[Switch]) -> bool:
        cause = cause_of(finding, workload, switches)
        return any(explains(simpler, cause) for simpler in self.collected)

    def _confirmed(self, raw: RawFinding, workload: Workload, schedule: Schedule) -> RecordedRun:
        first = self._executor.record(workload, schedule)
        second = self._executor.record(workload, schedule)
        if first.trace.digest() != second.trace.digest():
            self._drop(raw)
            raise NondeterministicEngineError(divergence(first, second))
        return first

    def _drop(self, raw: RawFinding) -> None:
        """It reproduces nothing."""
        with suppress(OSError):  # a full disk: what is said of the engine counts more
            self._spool.take(raw)

    def _save(self, minimal: Minimal, raw: RawFinding) -> None:
        engine = self._executor.spec.name
        cause = cause_of(minimal.finding, minimal.workload, minimal.switches)
        if any(explains(one, cause) for one in self.collected):
            return
        simpler = next((one for one in self._known if explains(one, cause)), None)
        if simpler is not None:
            path, case = self._known[simpler]
            cause = simpler
            accepted = case.expect.get(engine) == minimal.finding.kind.value
            result = Collected(case, path, False, accepted, raw.seconds, raw.runs, True)
        else:
            case = SavedCase(
                family=self._executor.spec.family,
                found_on=engine,
                finding=minimal.finding.kind.value,
                title=minimal.finding.message,
                topology=minimal.workload.topology,
                ops=describe_workload(minimal.workload, self._executor.spec),
                switches=minimal.switches,
                expect={engine: "ok"},
                cause=cause,
            )
            path = case_path(self._paths.cases, engine, minimal.finding, cause)
            there = load_if_sound(path)
            shared = there is not None and self._shows(there)
            if there is not None and shared:
                case = there.expecting(engine, "ok")
            elif there is not None:  # another engine's, whose schedule must not be lost
                path = case_path(path.parent, engine, minimal.finding, f"{cause} {engine}")
            save(case, path)
            self._drop_explained_by(cause)
            done = shared or minimal.complete
            result = Collected(case, path, not shared, False, raw.seconds, raw.runs, done)
        self.collected[cause] = result

    def _shows(self, case: SavedCase) -> bool:
        """Whether a case of another engine shows its finding on this one."""
        try:
            return replay_saved(self._executor, case).verdict == case.finding
        except CaseFileError:
            return False

    def _drop_explained_by(self, cause: str) -> None:
        """A simpler case replaces those new ones that only need more to go wrong."""
        for other in [c for c in self.collected if explains(cause, c) and self.collected[c].new]:
            self.collected.pop(other).path.unlink(missing_ok=True)


def case_path(folder: Path, engine: str, finding: Finding, cause: str) -> Path:
    """Where a case of that cause lies, or is to lie.

    That is not where there is a file that can not be read: a newer version wrote it, or a merge
    left marks in it, and it may say what was accepted.
    """
    while (path := folder / case_name(engine, finding, cause)).exists() and not load_if_sound(path):
        cause = f"{cause} {engine}"
    return path


def case_name(engine: str, finding: Finding, cause: str) -> str:
    """The file name of a case: revision, kind, and a hash of its cause."""
    revision = file_name(engine.rpartition("@")[2].rpartition(":")[2])
    return f"{revision}-{finding.kind.value}-{sha256(cause.encode()).hexdigest()[:6]}{SUFFIX}"


def divergence(first: RecordedRun, second: RecordedRun) -> str:
    """Where two runs of one case part, in a sentence."""
    steps = zip(first.trace.steps, second.trace.steps, strict=False)
    for one, other in steps:
        if one != other:
            return (
                f"nondeterministic engine: two runs of one case differ from step {one.index} on: "
                f"T{one.thread} {one.site} ({one.before} -> {one.after}) against "
                f"T{other.thread} {other.site} ({other.before} -> {other.after}); look for "
                "time, random numbers, hashes of objects or state kept between runs"
            )
    return (
        "nondeterministic engine: one run of a case goes on where another ends, at step "
        f"{min(len(first.trace.steps), len(second.trace.steps))}; look for state kept between runs"
    )
