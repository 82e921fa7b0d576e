"""What the README shows is what happens."""

import re
import shutil
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.cli.console import out
from harness.cli.main import main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
ENGINE = "examples/trylock_pool.py:TrylockPool"


def block(language, containing):
    """The first code block of a language that contains a text."""
    blocks = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    return next(b for b in blocks if containing in b)


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_the_engine_shown_is_the_example():
    assert block("python", "TrylockPool") == (ROOT / "examples/trylock_pool.py").read_text()


def test_the_engine_shown_has_under_60_lines():
    assert block("python", "TrylockPool").count("\n") < 60


def test_the_bug_of_the_example_is_found(tmp_path):
    command = ["fuzz", ENGINE, "--runs", "2000", "--corpus", str(tmp_path), "--json"]
    result = CliRunner().invoke(main, command)
    assert result.exit_code == 1, result.output
    assert any("stranded" in path.name for path in tmp_path.rglob("*.case.toml"))


def test_the_case_shown_gives_the_interleaving_shown(tmp_path, monkeypatch):
    path = tmp_path / "readme.case.toml"
    path.write_text(block("toml", "schedule ="), encoding="utf-8")
    monkeypatch.setattr(out, "width", 100)
    result = CliRunner().invoke(main, ["show", str(path), "--engine", ENGINE])
    shown = [line.rstrip() for line in result.output.splitlines()]
    wanted = [line.rstrip() for line in block("text", "nobody is").splitlines()]
    assert shown[-len(wanted) :] == wanted


def test_the_entry_point_group_shown_is_the_one_that_is_read():
    from harness.engine.registry import GROUP

    group = tomllib.loads(block("toml", "entry-points"))["project"]["entry-points"]
    assert list(group) == [GROUP]


def test_ci_runs_the_test_command_of_the_readme():
    command = next(c for c in re.findall(r"```sh\n(.*?)\n```", README) if "tox" in c)
    assert command in (ROOT / ".ci/run").read_text().splitlines()


def test_the_verification_shown_is_what_happens(tmp_path, monkeypatch):
    shutil.copytree(ROOT / "examples", tmp_path / "examples")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(out, "width", 100)
    command = next(c for c in re.findall(r"```sh\n(.*?)\n```", README) if "harness verify" in c)
    result = CliRunner().invoke(main, command.split()[1:])
    assert result.exit_code == 1, result.output
    shown = [line.rstrip() for line in result.output.splitlines()]
    wanted = block("text", "classes of equivalent").splitlines()
    seconds = re.compile(r"[\d.]+ s$")
    assert [seconds.sub("", s) for s in shown[: len(wanted)]] == [
        seconds.sub("", w.rstrip()) for w in wanted
    ]
