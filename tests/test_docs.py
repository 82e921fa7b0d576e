"""The interleavings in the documentation are those of the committed cases."""

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.console import out
from harness.cli.main import main

ROOT = Path(__file__).parent.parent
SHOWN = [
    (page.name, case, text)
    for page in sorted((ROOT / "docs").glob("*.md"))
    for case, text in re.findall(
        r"<!-- show (\S+) -->\n```text\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL
    )
]


def lines(text):
    return [line.rstrip() for line in text.splitlines()]


@pytest.mark.parametrize(("page", "case", "text"), SHOWN, ids=[s[1] for s in SHOWN])
def test_the_interleaving_shown_is_that_of_the_case(page, case, text, monkeypatch):
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr(out, "width", 120)
    result = CliRunner().invoke(main, ["show", "--brief", case])
    wanted = lines(text)
    assert lines(result.output)[-len(wanted) :] == wanted


def test_every_case_that_the_documentation_links_to_exists():
    for page in (ROOT / "docs").glob("*.md"):
        for link in re.findall(r"\]\(\.\./([^)]+)\)", page.read_text(encoding="utf-8")):
            assert (ROOT / link).exists(), f"{page.name}: {link}"
