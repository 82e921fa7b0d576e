"""What can be left out of a guided campaign, to measure what each part of it is worth."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ablation:
    """Which parts of the guidance are there; all of them, but for the bench.

    Attributes:
        reads_from: feedback about who read whose write.
        hand_offs: the same where the object is a lock.
        queue_state: feedback about the abstract state at the end of each activity.
        near_miss: feedback about requests that wait while few are left who could dequeue them.
        evenness: walks preempt every access as often as any other.
        mutators: inputs drawn and bred by what bytes mean; without, libFuzzer's own mutations.
        cases: new workloads with what the family's cases have shown among them.
    """

    reads_from: bool = True
    hand_offs: bool = True
    queue_state: bool = True
    near_miss: bool = True
    evenness: bool = True
    mutators: bool = True
    cases: bool = True


WHOLE = Ablation()
"""Nothing is left out."""

NO_FEEDBACK = Ablation(
    reads_from=False, hand_offs=False, queue_state=False, near_miss=False, evenness=False
)
"""The fuzzer is told nothing: it draws and breeds, but nothing guides it."""
