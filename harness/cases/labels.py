"""Switches after the operations that their anchors name are called something else."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from harness.model.schedule import Switch

_LABEL = re.compile(r"(before |)(.*?)( \(\d+\)|)")
"""In an anchor, a label may follow ``before`` and is numbered when it comes again."""


def relabelled(switches: Sequence[Switch], old: Sequence[str], new: Sequence[str]) -> list[Switch]:
    """The switches with each operation's old label replaced by its new one.

    Args:
        switches: anchored to operations under their old labels.
        old: the labels as ``describe_ops`` gave them, operation by operation.
        new: the labels now, in the same order.
    """
    names = dict(zip(old, new, strict=True))

    def text(label: str) -> str:
        match = _LABEL.fullmatch(label)
        if match is None or match[2] not in names:
            return label
        return f"{match[1]}{names[match[2]]}{match[3]}"

    return [
        Switch(
            replace(s.anchor, op=text(s.anchor.op), site=text(s.anchor.site)),
            s.to,
            text(s.activity),
        )
        for s in switches
    ]
