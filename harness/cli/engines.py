"""``harness engines``: what can be fuzzed."""

from __future__ import annotations

import click

from harness.cli.console import as_json, complain, out, plain_errors, print_json
from harness.engine.registry import EngineNotFoundError, find, installed
from harness.report.tables import engines_table, first_line


@click.command()
@as_json
@plain_errors
def engines(json_: bool) -> None:
    """List the installed engines.

    Any file's engine can be used as path/to/file.py:ClassName as well.
    """
    refs = []
    for announced in installed():
        try:
            refs.append(find(announced.name))
        except EngineNotFoundError as error:
            complain(str(error))
    if json_:
        print_json(
            [
                {
                    "name": ref.name,
                    "family": ref.family,
                    "about": first_line(ref.engine),
                    "operations": [op.name for op in ref.spec.operations],
                    "topology": list(ref.spec.topology),
                }
                for ref in refs
            ]
        )
    else:
        out.print(engines_table(refs))
