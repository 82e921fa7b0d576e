"""Where a campaign keeps things, in one corpus folder.

::

    corpus/<family>/*.case.toml          regression cases; commit them
    corpus/<family>/inputs/v1/<engine>/  libFuzzer's corpus of raw inputs, by decoder version
    corpus/<family>/spool/v1/<engine>/   findings that were noted and not yet saved as cases
    corpus/<family>/log/                 what libFuzzer printed, and who is at work
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from harness.codec.codec import VERSION
from harness.model.spec import EngineSpec

_LONGEST = 100


@dataclass(frozen=True, slots=True)
class CampaignPaths:
    """The folders of one engine's campaigns.

    Attributes:
        cases: of the engine's family.
        inputs: raw inputs that reached something new.
        spool: raw findings.
        log: worker output and status.
    """

    cases: Path
    inputs: Path
    spool: Path
    log: Path

    @classmethod
    def of(cls, corpus: Path, spec: EngineSpec) -> CampaignPaths:
        """The folders for the engine that ``spec`` describes."""
        family = corpus / spec.family
        engine = file_name(spec.name)
        return cls(
            cases=family,
            inputs=family / "inputs" / f"v{VERSION}" / engine,
            spool=family / "spool" / f"v{VERSION}" / engine,
            log=family / "log" / engine,
        )

    def make(self) -> None:
        """Create them.

        Raises:
            OSError: the disk refuses.
        """
        for path in (self.cases, self.inputs, self.spool, self.log):
            path.mkdir(parents=True, exist_ok=True)


def file_name(engine: str) -> str:
    """An engine's name as a file name; a long path is cut, with a hash of the whole."""
    name = re.sub(r"[^\w@.-]+", "_", engine).strip("_")
    if len(name) > _LONGEST:
        name = f"{sha256(engine.encode()).hexdigest()[:8]}_{name[-_LONGEST:]}"
    return name
