"""What does a person read when a replay is not as expected?

One sentence on what was expected and what came, the interleaving, and what to do next.
"""

from __future__ import annotations

import io
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from harness.cases.casefile import SavedCase
from harness.cases.replay import Fidelity, Replay
from harness.execute.run import RecordedRun
from harness.model.spec import EngineSpec
from harness.model.wording import describe_workload
from harness.report.about import About
from harness.report.columns import render

OK, STALE = "ok", Fidelity.STALE.value

WIDTH = 100
"""Characters a line of an interleaving has: logs are read in wide windows."""


def as_expected(replay: Replay, expected: str) -> bool:
    """Whether a replay gave the verdict expected, on a schedule that still applies.

    A stale replay is as expected only where ``stale`` is.
    """
    stale = replay.fidelity is Fidelity.STALE
    return replay.verdict == expected and stale == (expected == STALE)


def sentence(engine: str, expected: str, replay: Replay) -> str:
    """What was expected and what came."""
    wanted = "no finding" if expected == OK else f"the verdict {expected!r}"
    came = replay.verdict
    if came == STALE:
        lost = len(replay.lost)
        what = (
            f"the schedule no longer applies: {lost} of its switches "
            f"{'is' if lost == 1 else 'are'} lost, so this proves nothing"
        )
    elif replay.fidelity is Fidelity.STALE and came == expected:
        what = f"it shows {came!r} on a schedule that no longer applies"
    elif came == OK:
        what = "it shows no finding any more"
    elif came == "step-limit":
        what = "its budget of steps ended without a verdict"
    else:
        what = f"it shows {came!r}"
    return f"{engine} was expected to give {wanted}, but {what}."


def advice(case: SavedCase, engine: str, expected: str, replay: Replay, path: Path) -> list[str]:
    """The commands that come next, each with what it is for."""
    shown = shlex.quote(_short(path))
    # Code in a file that a case names is not run unless its user names it, too.
    named = next((name for name in (engine, case.found_on) if ".py:" in name), None)
    if named is not None:
        shown += f" --engine {shlex.quote(named)}"
    lines = [f"harness show {shown}      look at the whole run"]
    if replay.verdict == OK and expected != OK:
        lines.append(f"harness fixed {shown}     the engine was fixed: no finding from now on")
    elif replay.verdict == STALE or replay.fidelity is Fidelity.STALE:
        lines.append(f"harness accept {shown}    expect what it gives now, or find the case anew")
    else:
        lines.append(f"harness accept {shown}    the finding is known and stays")
        lines.append(f"harness fixed {shown}     after fixing the engine")
    return lines


def explanation(
    case: SavedCase, engine: str, spec: EngineSpec, expected: str, replay: Replay, path: Path
) -> str:
    """The whole text of a failed replay."""
    workload = case.workload(spec)
    about = About(
        case.title,
        engine,
        replay.verdict,
        replay.recorded.run.worst,
        workload.topology,
        describe_workload(workload, spec),
    )
    shown = drawn(replay.recorded, about)
    commands = "\n".join(f"  {line}" for line in advice(case, engine, expected, replay, path))
    return f"{sentence(engine, expected, replay)}\n\n{shown}\n\nWhat next:\n{commands}"


def drawn(recorded: RecordedRun, about: About) -> str:
    """The interleaving as plain text, uninteresting steps folded."""
    out = io.StringIO()
    console = Console(file=out, width=WIDTH, color_system=None, legacy_windows=False)
    console.print(render(recorded, about, brief=True))
    return out.getvalue().rstrip()


def together(failures: Sequence[str], shown: int = 3) -> str:
    """Several failures in one text: the first few in full, of the others the first line."""
    texts = [*failures[:shown], *(text.partition("\n")[0] for text in failures[shown:])]
    return "\n\n".join(texts)


def _short(path: Path) -> str:
    """The path as one would type it here."""
    try:
        relative = os.path.relpath(path)
    except ValueError:  # another drive
        return str(path)
    return str(path) if relative.startswith("..") else relative
