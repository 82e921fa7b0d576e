"""Reading workloads and switches back from their text."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from harness.model.params import OwnRequest
from harness.model.schedule import Anchor, Switch
from harness.model.spec import EngineSpec
from harness.model.wording import NONE
from harness.model.workload import Op, Topology, Workload, request_name

_SWITCH = re.compile(
    r"T(\d{1,9}) in ((?:(?! at ).)+) at (.+) #(\d{1,9}) -> T(\d{1,9})(?: takes (.+))?"
)
_OP = re.compile(r"T(\d{1,9}) (\w+)((?: [\w=-]+)*)")


class CaseFileError(Exception):
    """A case file can not be used; the message is one sentence with what to do next."""


def read_workload(topology: Mapping[str, int], ops: Sequence[str], spec: EngineSpec) -> Workload:
    """The workload that the texts describe, for an engine that declares ``spec``.

    A topology field or an operation's parameter that the texts do not mention takes its lowest
    value: the engine has gained it since they were written. The number of threads and the
    request an operation is about must be there.

    Raises:
        CaseFileError: the engine does not know the topology or an operation.
    """
    if "threads" not in topology or not set(topology) <= set(spec.topology):
        raise CaseFileError(
            f"the case's topology has {_names(topology) or 'nothing'}, but {spec.name} takes "
            f"{_names(spec.topology)}; replay it on the engine it was made for"
        )
    fields = {n: p for n, p in spec.topology.items() if not isinstance(p, OwnRequest)}
    values = {name: topology.get(name, param.lowest) for name, param in fields.items()}
    for name, param in fields.items():
        _check_bounds(name, values[name], *param.bounds(values))
    reader = _OpReader(spec, values)
    return Workload(Topology(values), tuple(reader.read(text) for text in ops))


class _OpReader:
    """Reads operations back, in order: requests are named by their arrival."""

    def __init__(self, spec: EngineSpec, topology: Mapping[str, int]) -> None:
        self._spec = spec
        self._topology = topology
        self._own: list[list[str]] = [[] for _ in range(topology["threads"])]
        self._arrived = 0

    def read(self, text: str) -> Op:
        match = _OP.fullmatch(text)
        operation = self._spec.operation(match[2]) if match else None
        if match is None or operation is None:
            known = ", ".join(op.name for op in self._spec.operations)
            raise CaseFileError(
                f"{self._spec.name} can not do {text!r}; its operations are {known}"
            )
        thread = int(match[1])
        words = match[3].split()
        _check_bounds("thread", thread, 0, self._topology["threads"])
        if operation.name == "arrive":
            name = request_name(self._arrived)
            if words[:1] != [name]:
                raise CaseFileError(f"{text!r}: arrivals must be named in order, here {name}")
            del words[0]
            self._arrived += 1
        args = []
        for param_name, param in operation.params.items():
            word = words[0] if words else ""
            if isinstance(param, OwnRequest):
                if word not in self._own[thread]:
                    raise CaseFileError(
                        f"{text!r}: expected a request that has arrived on T{thread} before"
                    )
                args.append(self._own[thread].index(word))
            elif word.startswith(f"{param_name}="):
                args.append(self._value(text, word, param_name))
                _check_bounds(param_name, args[-1], *param.bounds(self._topology))
            else:
                args.append(param.lowest)
                continue
            del words[0]
        if words:
            raise CaseFileError(
                f"{text!r}: {operation.name} takes {_names(operation.params) or 'nothing'}, in "
                f"that order; what is {words[0]!r}?"
            )
        if operation.name == "arrive":
            self._own[thread].append(name)
        return Op(thread, operation.name, tuple(args))

    @staticmethod
    def _value(text: str, word: str, name: str) -> int:
        value = word.removeprefix(f"{name}=")
        if value == NONE:
            return -1
        if not re.fullmatch(r"-?\d{1,6}", value):
            raise CaseFileError(f"{text!r}: expected {name}=<number> instead of {word!r}")
        return int(value)


def read_switch(text: str) -> Switch:
    """The switch that ``text`` describes.

    Raises:
        CaseFileError: it describes none.
    """
    match = _SWITCH.fullmatch(text)
    if match is None:
        raise CaseFileError(
            f"{text!r} is no switch; expected 'T0 in <operation> at <site> #<n> -> T1'"
        )
    thread, op, site, occurrence, to, activity = match.groups()
    anchor = Anchor(int(thread), op, site, int(occurrence))
    return Switch(anchor, int(to), activity or "")


def _check_bounds(name: str, value: int, low: int, count: int) -> None:
    if not low <= value < low + count:
        raise CaseFileError(f"{name} = {value} is not between {low} and {low + count - 1}")


def _names(fields: Mapping[str, object]) -> str:
    return ", ".join(fields)
