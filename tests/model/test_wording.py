"""How numbers read."""

from __future__ import annotations

import pytest

from harness.model.wording import counted


@pytest.mark.parametrize(
    ("number", "words", "text"),
    [
        (0, ("run",), "0 runs"),
        (1, ("run",), "1 run"),
        (2000, ("run",), "2,000 runs"),
        (1, ("class", "classes"), "1 class"),
        (3, ("class", "classes"), "3 classes"),
    ],
)
def test_what_is_counted_is_in_the_singular_for_one_only(number, words, text):
    assert counted(number, *words) == text
