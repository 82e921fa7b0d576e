"""The architecture: imports point down, and files stay small enough to be read."""

from __future__ import annotations

import subprocess
import sys

import pytest
from engines_for_tests import ROOT

LONGEST = 450
FILES = sorted((ROOT / "harness").rglob("*.py"))


def test_imports_point_down_as_the_contracts_say():
    code = "from importlinter.cli import lint_imports_command as c; c(['--no-cache'])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_is_longer_than_can_be_read_at_once(path):
    assert len(path.read_text().splitlines()) <= LONGEST
