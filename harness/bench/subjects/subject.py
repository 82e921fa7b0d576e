"""What a subject of the bench is."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from harness.bench.subjects.program import Program
from harness.engine.registry import EngineRef
from harness.model.finding import Finding


@dataclass(frozen=True)
class Subject:
    """An engine or program with one bug to find.

    Attributes:
        name: as in the literature, where it comes from there.
        suite: the collection it belongs to.
        ref: the engine.
        bug: what the signature of a finding begins with that counts as the bug: a kind, or
            more, where one kind has several causes.
        before: names of the engines that came before this one, the earlier revisions.
    """

    name: str
    suite: str
    ref: EngineRef
    bug: str
    before: frozenset[str] = frozenset()

    @classmethod
    def of(cls, name: str, suite: str, program: type[Program]) -> Subject:
        """A plain program as a subject."""
        return cls(name, suite, EngineRef(name, lambda: program), program.bug.value)

    def shown_by(self, findings: Iterable[Finding]) -> bool:
        """Whether the bug is among ``findings``."""
        return any(finding.signature.startswith(self.bug) for finding in findings)
