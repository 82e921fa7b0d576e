"""What a campaign knows from the start: the workloads of the cases that its family has.

A bug that was mended has relatives: what the fix left, the same mistake in another place, the one
that the fix made. HAProxy's queue was mended again and again between 2018 and 2026, and of the
workloads that show one of its bugs many are most of what shows the next one. A case has the least
workload for its bug, and few random ones contain that; so new ones are made to. AFL joins two of
its inputs at some place, which it calls splicing; here operations keep their order, and those of
a new workload come in between.
"""

from __future__ import annotations

from collections.abc import Iterable

from harness.cases.casefile import SavedCase
from harness.cases.reading import CaseFileError
from harness.codec.codec import Codec, CodecError
from harness.model.schedule import Schedule


def known_workloads(cases: Iterable[SavedCase], codec: Codec) -> list[bytes]:
    """The workloads of cases, as inputs without a schedule.

    Args:
        cases: of the engine's family.
        codec: of the engine.

    Returns:
        Those that the engine can be given, and which it is not accepted to fail: what is like
        those would show the same again.
    """
    spec = codec.spec
    known: list[bytes] = []
    for case in cases:
        if case.expect.get(spec.name, "ok") == "ok":
            try:
                known.append(codec.encode(case.workload(spec), Schedule()))
            except (CaseFileError, CodecError):
                continue  # its operations or fields are another engine's
    return known
