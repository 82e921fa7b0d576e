"""The case file: a readable, versioned, diff-friendly text (TOML) that is data and only data.

Loading a file never imports or runs anything it names; binding its workload to an engine is a
separate step that the caller asks for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import tomli_w

from harness.cases.atomic_write import write_atomically
from harness.cases.labels import relabelled
from harness.cases.reading import CaseFileError, read_switch, read_workload
from harness.model.finding import Kind
from harness.model.schedule import Switch
from harness.model.spec import EngineSpec
from harness.model.wording import describe_ops, describe_switch
from harness.model.workload import Workload

FORMAT = 1
"""Version of the file format."""

SUFFIX = ".case.toml"

MAX_BYTES = 1 << 20

VERDICTS = (*(kind.value for kind in Kind), "ok", "step-limit", "stale")
"""What a replay may be expected to give."""


@dataclass(frozen=True, slots=True)
class SavedCase:
    """A regression case.

    Attributes:
        family: the engine family, the folder it lives in.
        found_on: the engine it was found on.
        finding: the kind of finding it shows there.
        title: what happens, in one sentence.
        topology: field name → value.
        ops: the workload's operations as text, e.g. ``T0 arrive A target=1``.
        switches: the schedule, anchored.
        expect: engine name → verdict that replay must give.
        cause: what makes it the same finding as another.
        fixed: engine name → the schedule that its code followed when it was declared fixed, where
            it could not follow ``switches`` exactly.
    """

    family: str
    found_on: str
    finding: str
    title: str
    topology: Mapping[str, int]
    ops: Sequence[str]
    switches: Sequence[Switch]
    expect: Mapping[str, str]
    cause: str
    fixed: Mapping[str, Sequence[Switch]] = field(default_factory=dict)

    def workload(self, spec: EngineSpec) -> Workload:
        """The workload, for an engine that declares ``spec``.

        Raises:
            CaseFileError: the engine does not know the topology or an operation.
        """
        return read_workload(self.topology, self.ops, spec)

    def schedule(self, spec: EngineSpec) -> Sequence[Switch]:
        """The switches, anchored to the operations as an engine that declares ``spec`` names them.

        Raises:
            CaseFileError: the engine does not know the topology or an operation.
        """
        return self._named_now(self.switches, spec)

    def schedules_of_fixed(self, spec: EngineSpec) -> Mapping[str, Sequence[Switch]]:
        """``fixed``, anchored likewise.

        Raises:
            CaseFileError: the engine does not know the topology or an operation.
        """
        return {name: self._named_now(switches, spec) for name, switches in self.fixed.items()}

    def _named_now(self, switches: Sequence[Switch], spec: EngineSpec) -> Sequence[Switch]:
        then = [op.partition(" ")[2] for op in self.ops]
        return relabelled(switches, then, describe_ops(self.workload(spec), spec))

    def expecting(self, engine: str, verdict: str) -> SavedCase:
        """The same case with the verdict expected of ``engine`` changed."""
        return replace(self, expect={**self.expect, engine: verdict})

    def following(self, engine: str, switches: Sequence[Switch]) -> SavedCase:
        """The same case with a schedule of its own for ``engine``, which was fixed."""
        return replace(self, fixed={**self.fixed, engine: switches})


def save(case: SavedCase, path: Path) -> None:
    """Write a case file atomically.

    Raises:
        OSError: the disk refuses.
    """
    document: dict[str, Any] = {
        "format": FORMAT,
        "title": case.title,
        "finding": case.finding,
        "cause": case.cause,
        "family": case.family,
        "found_on": case.found_on,
        "workload": list(case.ops),
        "schedule": [describe_switch(s) for s in case.switches],
        "topology": dict(case.topology),
        "expect": dict(sorted(case.expect.items())),
    }
    if case.fixed:
        document["fixed"] = {
            engine: [describe_switch(s) for s in switches]
            for engine, switches in sorted(case.fixed.items())
        }
    write_atomically(path, tomli_w.dumps(document).encode())


def load(path: Path) -> SavedCase:
    """Read a case file. Nothing that it names is run.

    Raises:
        CaseFileError: it can not be read, is no case file, or of another version.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            raise CaseFileError(f"{path} is larger than any case file; is it one?")
        document = tomllib.loads(path.read_bytes().decode())
    except OSError as error:
        raise CaseFileError(f"{path} can not be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise CaseFileError(
            f"{path} is damaged ({error}); restore it from version control or delete it"
        ) from error
    try:
        return _from_document(document)
    except CaseFileError as error:
        raise CaseFileError(f"{path}: {error}") from None


def load_if_sound(path: Path) -> SavedCase | None:
    """The case in a file; None where there is none, or a damaged one."""
    try:
        return load(path)
    except CaseFileError:
        return None


def sound_cases(folder: Path) -> Iterator[tuple[Path, SavedCase]]:
    """The cases in a family's folder, by name, without those that are damaged.

    Of a damaged one replay and pytest complain; who only makes use of cases need not stop.
    """
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        case = load_if_sound(path)
        if case is not None:
            yield path, case


def _from_document(document: dict[str, Any]) -> SavedCase:
    if not document:
        raise CaseFileError("there is nothing in it; restore it or delete it")
    version = document.get("format")
    if version != FORMAT or type(version) is not int:
        raise CaseFileError(
            f"format {version!r} is not the one this version reads ({FORMAT}); "
            "use the version of harness that wrote it, or find the case again"
        )
    finding, expect = _text(document, "finding"), _table(document, "expect", str)
    for verdict in (finding, *expect.values()):
        if verdict not in VERDICTS:
            raise CaseFileError(f"{verdict!r} is no verdict; there are {', '.join(VERDICTS)}")
    return SavedCase(
        family=_text(document, "family"),
        found_on=_text(document, "found_on"),
        finding=finding,
        title=_text(document, "title"),
        cause=_text(document, "cause"),
        topology=_table(document, "topology", int),
        ops=_list(document, "workload"),
        switches=[read_switch(text) for text in _list(document, "schedule")],
        expect=expect,
        fixed=_schedules(document.get("fixed", {})),
    )


def _schedules(table: object) -> dict[str, Sequence[Switch]]:
    if not isinstance(table, dict):
        raise CaseFileError("[fixed] must be a table of schedules")
    return {engine: [read_switch(text) for text in _list(table, engine)] for engine in table}


def _text(document: dict[str, Any], key: str) -> str:
    value = document.get(key)
    if not isinstance(value, str):
        raise CaseFileError(f"{key!r} must be a text")
    return value


def _list(document: dict[str, Any], key: str) -> list[str]:
    value = document.get(key)
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        raise CaseFileError(f"{key!r} must be a list of texts")
    return value


def _table(document: dict[str, Any], key: str, kind: type) -> dict[str, Any]:
    value = document.get(key)
    if not isinstance(value, dict) or not all(type(v) is kind for v in value.values()):
        what = {int: "numbers", str: "texts"}[kind]
        raise CaseFileError(f"there must be a table [{key}] of {what}")
    return value
