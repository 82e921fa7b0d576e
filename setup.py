"""Compiles the hot modules with mypyc where that is possible: see ``harness/compiled.py``."""

from __future__ import annotations

import runpy
from pathlib import Path

from setuptools import Distribution, Extension, setup
from setuptools.command.build_ext import build_ext


def extensions() -> list[Extension]:
    """The compiled modules; none, and a sentence that says why, where mypyc does not serve."""
    modules = runpy.run_path("harness/compiled.py")
    group = modules["group"]()
    for old in Path("harness").glob("compiled_*__mypyc.*"):
        if not old.name.startswith(group.rpartition(".")[2]):
            old.unlink()  # of sources that have changed since
    try:
        from mypyc.build import mypycify

        paths = [f"harness/{module}.py" for module in modules["MODULES"]]
        found: list[Extension] = mypycify(["--strict", *paths], group_name=group)
    except (ImportError, SystemExit) as error:
        print(f"harness runs uncompiled, at half the speed: {error}")
        return []
    for extension in found:
        extension.optional = True  # without a C compiler the sources do
        extension.extra_compile_args += ["-fvisibility=hidden"]
    return found


class CompileHotModules(build_ext):
    """Translates them only when something is built: reading the project's name needs none."""

    def finalize_options(self) -> None:
        """Find out what to compile."""
        self.distribution.ext_modules = extensions()
        super().finalize_options()


class BinaryDistribution(Distribution):
    """What is built is for one platform, although that shows only once it is built."""

    def has_ext_modules(self) -> bool:
        """It may have them."""
        return True


setup(cmdclass={"build_ext": CompileHotModules}, distclass=BinaryDistribution)
