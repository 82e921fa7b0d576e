"""What exploring workloads has brought to light, and how it is written down."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.model.finding import Kind
from harness.verify.dpor import Tally
from harness.verify.following import Turn


@dataclass(frozen=True, slots=True)
class Witness:
    """A run that shows a finding.

    Attributes:
        kind: of the finding.
        signature: equal for findings that are the same.
        message: one sentence for people.
        turns: the run.
    """

    kind: Kind
    signature: str
    message: str
    turns: Sequence[Turn]


@dataclass(slots=True)
class Explored:
    """One workload, as far as it was explored.

    Attributes:
        number: of the workload.
        tally: runs and steps.
        done: whether nothing is left to explore.
        cut: whether a bound on preemptions kept something from being explored.
        seconds: of CPU time.
        estimate: a guess at how much of it is done, between 0 and 1.
        witnesses: signature → the first run that shows it.
        trouble: why it was given up, empty if it was not.
    """

    number: int
    tally: Tally = field(default_factory=Tally)
    done: bool = False
    cut: bool = False
    seconds: float = 0.0
    estimate: float = 0.0
    witnesses: dict[str, Witness] = field(default_factory=dict)
    trouble: str = ""

    def as_data(self) -> dict[str, Any]:
        """As plain data, for a file."""
        data = asdict(self)
        for witness in data["witnesses"].values():
            witness["kind"] = witness["kind"].value
        return data

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Explored:
        """What ``as_data`` made.

        Raises:
            KeyError, TypeError, ValueError: it is something else.
        """
        rest = {**data}
        tally = Tally(**rest.pop("tally"))
        witnesses = {
            signature: Witness(
                Kind(w["kind"]), w["signature"], w["message"], [(t, a) for t, a in w["turns"]]
            )
            for signature, w in rest.pop("witnesses").items()
        }
        return cls(**rest, tally=tally, witnesses=witnesses)
