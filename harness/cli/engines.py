"""``harness engines``: what can be fuzzed."""

from __future__ import annotations

import click

from harness.cli.console import as_json, complain, out, plain_errors, print_json
from harness.engine.registry import EngineNotFoundError, EngineRef, find, installed
from harness.report.tables import engine_table, engines_table, first_line


@click.command()
@click.argument("names", nargs=-1, metavar="[ENGINE]...")
@as_json
@plain_errors
def engines(names: tuple[str, ...], json_: bool) -> None:
    """List the installed engines, or tell what each ENGINE can do.

    Any file's engine can be used as path/to/file.py:ClassName as well.
    """
    refs, broken = ([find(name) for name in names], []) if names else _installed()
    if json_:
        print_json([_document(ref) for ref in refs])
    elif names:
        for ref in refs:
            out.print(engine_table(ref))
    else:
        out.print(engines_table(refs))
    for message in broken:  # below the list, which is long
        complain(message)


def _installed() -> tuple[list[EngineRef], list[str]]:
    """The engines that can be used, and what is wrong with the others."""
    refs, broken = [], []
    for announced in installed():
        try:
            refs.append(find(announced.name))
        except EngineNotFoundError as error:
            broken.append(str(error))
    return refs, broken


def _document(ref: EngineRef) -> dict[str, object]:
    return {
        "name": ref.name,
        "family": ref.family,
        "about": first_line(ref.engine),
        "operations": [op.name for op in ref.spec.operations],
        "topology": list(ref.spec.topology),
    }
