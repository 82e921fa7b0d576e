"""libFuzzer, as Atheris ships it: our feedback map, our inputs, its corpus and its options."""

from __future__ import annotations

import ctypes
import gc
import importlib.util
import re
import shlex
import subprocess
import sys
from collections.abc import Callable
from types import FunctionType
from typing import Any

from harness.children import command
from harness.engine.base import Engine
from harness.engine.modules import engine_modules

MAX_LEN = 600
"""Longest input in bytes: 16 operations and some 250 switches."""

_maps: list[Any] = []
"""Keeps the registered memory alive."""


def why_unavailable() -> str | None:
    """One sentence why there is no guidance here, None where there is."""
    if importlib.util.find_spec("atheris") is None:
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        return (
            f"Atheris is not installed (it has no wheel for Python {version} on "
            f"{sys.platform}?): running unguided, with random inputs."
        )
    return None


def options(seed: int) -> list[str]:
    """The options of libFuzzer that every campaign sets."""
    # A depth of 1: an input is proposed once. Weights for what libFuzzer has kept, by how rare
    # its features are, cost time, and proposals do not go by them.
    own = ("-len_control=0", "-reduce_inputs=0", "-mutate_depth=1", "-entropic=0")
    return [f"-seed={seed}", f"-max_len={MAX_LEN}", *own]


_HELP = "import atheris; atheris.Setup(['', '-help=1'], lambda data: None); atheris.Fuzz()"


def option_names() -> frozenset[str]:
    """The options that there are, as libFuzzer lists them itself; it only warns of others."""
    helped = subprocess.run([sys.executable, "-c", _HELP], capture_output=True, check=False)
    return frozenset(re.findall(r"^ (\w+) *\t", helped.stderr.decode(), re.MULTILINE))


def fuzz(
    one_input: Callable[[bytes], None],
    propose: Callable[[int], bytes] | None,
    places: bytearray,
) -> None:
    """Hand over to libFuzzer with the arguments of this process; does not return.

    Args:
        one_input: runs an input.
        propose: the next input, given the longest that it may be; None leaves that to libFuzzer.
        places: the feedback map.
    """
    import atheris

    # libFuzzer looks for the custom mutator when its library is loaded, so that comes first.
    custom: dict[str, Callable[..., bytes]] = {}
    if propose is not None:
        custom["custom_mutator"] = lambda data, longest, seed: propose(longest)
    for name in custom:
        ctypes.CDLL(_library(name), mode=ctypes.RTLD_GLOBAL)
    _register(places)
    # libFuzzer starts copies of itself through a shell, from its first argument.
    arguments = [shlex.join(command("harness.campaign.worker")), *sys.argv[1:]]
    atheris.Setup(arguments, one_input, **custom)
    atheris.Fuzz()


def instrument(engine: type[Engine]) -> None:
    """Instrument the engine's code for branch coverage; two to three times slower.

    That is every function of the modules that make it up, wherever it is referred to.
    """
    import atheris

    files = {module.__file__ for module in engine_modules(engine)}
    functions = [
        obj
        for obj in gc.get_objects()
        if isinstance(obj, FunctionType) and obj.__code__.co_filename in files
    ]
    for function in sorted(functions, key=_position):
        atheris.instrument_func(function)


def _position(function: FunctionType) -> tuple[str, int, str]:
    code = function.__code__
    return code.co_filename, code.co_firstlineno, code.co_qualname


def _register(places: bytearray) -> None:
    """Make libFuzzer scan ``places`` after each run, as it does compiled-in counters.

    It wants a program counter for each counter, so it gets made-up ones.
    """
    library = ctypes.CDLL(_library("core_with_libfuzzer"))
    size = len(places)
    counters = (ctypes.c_uint8 * size).from_buffer(places)
    start = ctypes.addressof(counters)
    library.__sanitizer_cov_8bit_counters_init(
        ctypes.c_void_p(start), ctypes.c_void_p(start + size)
    )
    pcs = (ctypes.c_size_t * (2 * size))(*(n for i in range(size) for n in (i + 1, 0)))
    start = ctypes.addressof(pcs)
    library.__sanitizer_cov_pcs_init(
        ctypes.c_void_p(start), ctypes.c_void_p(start + ctypes.sizeof(pcs))
    )
    _maps.extend((counters, pcs))


def _library(module: str) -> str | None:
    spec = importlib.util.find_spec(f"atheris.{module}")
    assert spec is not None
    return spec.origin
