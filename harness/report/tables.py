"""How does a list of engines look?"""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from harness.engine.registry import EngineRef
from harness.model.params import Index, Int, Param
from harness.model.spec import OperationSpec
from harness.report.accesses import clean


def engines_table(engines: Iterable[EngineRef], title: str | None = None) -> Table:
    """A table of engines: name and what it is, family, operations, topology.

    Every engine is imported. One that can not be is listed with the reason.
    """
    table = _table(title, "engine", "family", "operations", "topology")
    for ref in engines:
        what = Text(clean(ref.name), style="bold")
        try:
            spec, about = ref.spec, first_line(ref.engine)
        except Exception as error:
            why = f"can not be imported: {type(error).__name__}: {clean(str(error))}"
            table.add_row(what.append(f"\n{why}", style="not bold red"), ref.family)
            continue
        table.add_row(
            what.append(f"\n{about}", style="not bold dim") if about else what,
            Text(ref.family),
            Text("\n".join(_operation(op) for op in spec.operations)),
            Text("\n".join(f"{field} {_range(p)}" for field, p in spec.topology.items())),
        )
        table.columns[0].min_width = max(table.columns[0].min_width or 0, min(len(ref.name), 30))
    for column in table.columns[1:]:
        column.no_wrap = True
    return table


def first_line(cls: type) -> str:
    """The first line of a class's docstring; empty if neither it nor a base has one."""
    return (inspect.getdoc(cls) or "").strip().partition("\n")[0].replace("``", "")


def _table(title: str | None, *columns: str) -> Table:
    table = Table(*columns, title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    return table


def _operation(operation: OperationSpec) -> str:
    return f"{operation.name}({', '.join(operation.params)})".removesuffix("()")


def _range(param: Param) -> str:
    if isinstance(param, Int):
        return f"{param.low}" if param.low == param.high else f"{param.low}-{param.high}"
    return f"below {param.of}" if isinstance(param, Index) else "one of its own"
