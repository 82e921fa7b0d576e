"""Which functions of a source file were never entered?"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

_Function = ast.FunctionDef | ast.AsyncFunctionDef


def unreached_functions(
    source: str, executed: Collection[int], missing: Collection[int]
) -> list[str]:
    """Qualified names of the functions none of whose statements was executed, by line.

    A function without statements that count, such as a docstring alone, is left out.

    Args:
        source: the file's text.
        executed: lines of statements that were executed.
        missing: lines of statements that were not.
    """
    ran, missed = set(executed), set(missing)
    found = []
    for name, function in _functions(ast.parse(source), ""):
        first, last = function.body[0].lineno, function.body[-1].end_lineno
        lines = set(range(first, (last or first) + 1))
        if function.lineno in lines:  # all on one line: its definition counts as executed
            continue
        if lines & missed and not lines & ran:
            found.append(name)
    return found


def _functions(node: ast.AST, prefix: str) -> Iterator[tuple[str, _Function]]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _Function):
            yield f"{prefix}{child.name}", child
            yield from _functions(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.ClassDef):
            yield from _functions(child, f"{prefix}{child.name}.")
        else:
            yield from _functions(child, prefix)
