"""The ``harness`` command."""

from __future__ import annotations

import click

from harness import COMPILED
from harness.cli.bench import bench
from harness.cli.corpus import accept, fixed
from harness.cli.coverage import coverage
from harness.cli.engines import engines
from harness.cli.fuzz import fuzz
from harness.cli.minimize import minimize
from harness.cli.replay import replay
from harness.cli.show import show
from harness.cli.verify import verify


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(
    package_name="harness",
    message=f"%(package)s %(version)s, {'compiled' if COMPILED else 'not compiled'}",
)
def main() -> None:
    """Find requests that are queued with no one left to dequeue them.

    A campaign (fuzz) saves what it finds as cases under corpus/; replay and pytest hold engines
    to them for ever.
    """


_COMMANDS = (engines, fuzz, verify, replay, show, minimize, accept, fixed, coverage, bench)

for _command in _COMMANDS:
    main.add_command(_command)
