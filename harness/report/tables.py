"""How do engines look: a list of them, and one by itself?"""

from __future__ import annotations

import inspect
from collections.abc import Iterable

from rich.box import SIMPLE_HEAD
from rich.console import Group
from rich.table import Table
from rich.text import Text

from harness.engine.registry import EngineRef
from harness.model.params import Index, Int, Param
from harness.model.spec import OperationSpec
from harness.report.accesses import clean


def engines_table(engines: Iterable[EngineRef]) -> Table:
    """A table of engines, a line each: name, and what it is.

    Every engine is imported. One that can not be is listed with the reason.
    """
    table = _table("engine", "what it is")
    table.columns[0].no_wrap = True
    for ref in engines:
        try:
            about = Text(first_line(ref.engine))
        except Exception as error:
            why = f"can not be imported: {type(error).__name__}: {clean(str(error))}"
            about = Text(why, style="red")
        table.add_row(Text(clean(ref.name), style="bold"), about)
    return table


def engine_table(ref: EngineRef) -> Group:
    """What one engine is, and a table of its operations and its topology's fields."""
    title = Text.assemble((clean(ref.name), "bold"), f": {first_line(ref.engine)}")
    table = _table("operations", "topology")
    spec = ref.spec
    table.add_row(
        Text("\n".join(_operation(op) for op in spec.operations)),
        Text("\n".join(f"{field} {_range(p)}" for field, p in spec.topology.items())),
    )
    return Group(title, table)


def first_line(cls: type) -> str:
    """The first line of a class's docstring; empty if neither it nor a base has one."""
    return (inspect.getdoc(cls) or "").strip().partition("\n")[0].replace("``", "")


def _table(*columns: str) -> Table:
    table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
    for column in table.columns:
        column.overflow = "fold"
    return table


def _operation(operation: OperationSpec) -> str:
    drawn = (f"{name} {_range(param)}" for name, param in operation.params.items())
    return f"{operation.name}({', '.join(drawn)})".removesuffix("()")


def _range(param: Param) -> str:
    if isinstance(param, Int):
        return f"{param.low}" if param.low == param.high else f"{param.low}-{param.high}"
    if isinstance(param, Index):
        return f"below {param.of}" + (" or none" if param.optional else "")
    return "one of its own"
