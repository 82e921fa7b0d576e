"""Which modules make an engine up, and that all of their functions can be instrumented."""

from __future__ import annotations

import sys

import pytest

from harness.campaign.libfuzzer import instrument
from harness.engine.modules import engine_modules
from harness.engine.registry import find

POOL = """
import json
from functools import wraps
from harness import Engine
from {place}parts import Part, helper

def logged(method):
    @wraps(method)
    def around(*args):
        return method(*args)
    return around

TABLE = {{"choice": lambda x: x}}

class Pool(Engine):
    def arrive(self, request):
        return helper(request)
    @staticmethod
    def fixed(): pass
    @classmethod
    def made(cls): pass
    @property
    def full(self): pass
    @logged
    def wrapped(self): pass
"""

PARTS = """
from {place}deep import inner
from dataclasses import dataclass

@dataclass
class Part:
    size: int
    def take(self): pass

def helper(request): return inner()
"""

FUNCTIONS = {
    "logged",
    "logged.<locals>.around",
    "<lambda>",
    "Pool.arrive",
    "Pool.fixed",
    "Pool.made",
    "Pool.full",
    "Pool.wrapped",
    "Part.take",
    "helper",
    "inner",
}


@pytest.fixture
def laid_out(tmp_path, monkeypatch):
    """The pool as a file with others beside it, or as a package of that name."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def write(package):
        folder = tmp_path / package
        folder.mkdir(exist_ok=True)
        place = f"{package}." if package else ""
        (folder / "__init__.py").write_text("")
        (folder / "pool.py").write_text(POOL.format(place=place))
        (folder / "parts.py").write_text(PARTS.format(place=place))
        (folder / "deep.py").write_text("def inner(): pass\n")
        (folder / "other.py").write_text("def never(): pass\n")
        if not package:
            return find(f"{folder}/pool.py:Pool").engine
        sys.path.insert(0, str(tmp_path))
        __import__(f"{package}.other")
        return __import__(f"{package}.pool", fromlist=["Pool"]).Pool

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.mark.parametrize(
    ("package", "names"),
    [
        ("", ["deep", "harness_engine_pool", "parts"]),
        ("acme_queue", ["acme_queue.deep", "acme_queue.parts", "acme_queue.pool"]),
    ],
    ids=["file", "package"],
)
def test_what_an_engine_uses_beside_it_belongs_to_it(laid_out, package, names):
    assert [module.__name__ for module in engine_modules(laid_out(package))] == names


@pytest.mark.parametrize("package", ["", "acme_queue"], ids=["file", "package"])
def test_every_function_of_these_modules_is_instrumented(laid_out, monkeypatch, package):
    atheris = pytest.importorskip("atheris")
    seen = []
    monkeypatch.setattr(atheris, "instrument_func", lambda f: seen.append(f.__code__.co_qualname))
    instrument(laid_out(package))
    assert set(seen) == FUNCTIONS
    assert seen.count("helper") == 1


def test_a_file_imports_what_lies_beside_it_only_after_everything_else(laid_out, tmp_path):
    laid_out("")
    assert sys.path[-1] == str(tmp_path)
