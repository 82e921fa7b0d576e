"""Which lines of an engine does a corpus reach?"""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.cases.casefile import SavedCase, save
from harness.engine.registry import EngineRef, find
from harness.report.coverage import CoverageError, engine_files, measure, render
from harness.report.functions import unreached_functions

ENGINES = Path(__file__).with_name("strand_engines.py")


@pytest.fixture
def case(tmp_path):
    path = tmp_path / "one.case.toml"
    topology = {"threads": 2, "size": 1}
    save(
        SavedCase("strands", "x", "ok", "t", topology, ["T0 arrive A", "T1 arrive B"], [], {}, "c"),
        path,
    )
    return path


def test_lines_branches_and_functions_are_measured(case, tmp_path):
    report = measure(find(f"{ENGINES}:Sound"), [case], tmp_path / "html")
    (file,) = report.files
    assert file.path == ENGINES
    assert report.cases == 1 and 0 < report.percent < 100
    assert "Sound.never" in file.unreached and "Strands.arrive" not in file.unreached
    source = ENGINES.read_text().splitlines()
    missing = {source[line - 1].strip() for line in file.missing_lines}
    assert "self.size = 0" in missing
    assert not any(line.startswith(("class ", "def ", "from ")) for line in missing)
    assert file.missing_branches
    assert report.html is not None and report.html.is_file()


def test_a_case_that_does_not_fit_is_skipped_and_named(case, tmp_path):
    bad = tmp_path / "bad.case.toml"
    bad.write_text("format = [")
    report = measure(find(f"{ENGINES}:Sound"), [case, bad])
    assert report.cases == 1
    assert [path for path, _ in report.skipped] == [bad]


def test_the_rendering_names_what_was_not_reached(case):
    out = io.StringIO()
    report = measure(find(f"{ENGINES}:Sound"), [case])
    Console(file=out, width=140, color_system=None).print(render(report))
    assert "Sound.never" in out.getvalue() and "strand_engines.py" in out.getvalue()


def test_an_engine_that_only_lives_here_can_not_be_measured(engines, case):
    with pytest.raises(CoverageError, match="no engine called 'Sound'"):
        measure(EngineRef("Sound", lambda: engines.Sound), [case])


def test_the_files_of_an_engine_are_its_own_and_none_of_the_harness(engines):
    assert engine_files(engines.Sound) == [ENGINES]


def test_modules_that_bases_use_in_the_same_package_belong_to_it(tmp_path, monkeypatch):
    package = tmp_path / "acme_pool"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "parts.py").write_text("class Part: pass\n")
    (package / "unused.py").write_text("")
    (package / "pool.py").write_text(
        "from harness import Engine\nfrom acme_pool.parts import Part\nclass Pool(Engine): pass\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    import acme_pool.pool
    import acme_pool.unused

    names = [path.name for path in engine_files(acme_pool.pool.Pool)]
    assert names == ["parts.py", "pool.py"]


def test_functions_are_unreached_when_no_statement_of_theirs_ran():
    source = "class A:\n    def f(self):\n        return 1\n    def g(self):\n        return 2\n"
    assert unreached_functions(source, executed=[1, 2, 3, 4], missing=[5]) == ["A.g"]
