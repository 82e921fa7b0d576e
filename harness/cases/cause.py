"""When are two findings the same? When their causes are, not when their bytes are.

The cause is read off the minimal case: what is violated and where, which operations it takes,
and in which functions a thread must be preempted, at the latest (see ``sliding``). Thread numbers,
request names and digits do not count, so symmetric cases coincide.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from harness.model.finding import Finding
from harness.model.schedule import Switch
from harness.model.workload import Workload


def cause_of(finding: Finding, workload: Workload, switches: Sequence[Switch]) -> str:
    """The cause of a finding, as one line of text.

    Args:
        finding: as the minimal case shows it.
        workload: of the minimal case.
        switches: of the minimal case.
    """
    operations = sorted({op.name for op in workload.ops})
    preempted = sorted({_place(s) for s in switches if ": " in s.anchor.site})
    return _SEPARATOR.join((finding.signature, " ".join(operations), ", ".join(preempted)))


def explains(simpler: str, other: str) -> bool:
    """Whether a known cause accounts for another one.

    It does when the same thing is violated and the other one only needs more for it: further
    operations, or preemptions in further functions.
    """
    one, two = simpler.split(_SEPARATOR), other.split(_SEPARATOR)
    if len(one) != 3 or len(two) != 3 or one[0] != two[0]:
        return simpler == other
    return set(one[1].split()) <= set(two[1].split()) and set(one[2].split(", ")) - {""} <= set(
        two[2].split(", ")
    )


_SEPARATOR = " | "


def _place(switch: Switch) -> str:
    operation = switch.anchor.op.split()[0]
    function = switch.anchor.site.partition(": ")[0]
    return re.sub(r"\d+", "#", f"{operation}/{function}")
