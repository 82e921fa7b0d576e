"""Line charts as inline SVG: a few lines over a logarithmic axis, with a legend beside them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import log
from xml.etree.ElementTree import Element, SubElement

WIDTH, HEIGHT = 720, 320
LEFT, RIGHT, TOP, BOTTOM = 50, 190, 14, 40
"""Margins, in the units of the drawing."""

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#999999")
"""Okabe and Ito's, which people who confuse red and green can tell apart."""

DASHES = ("", "7 3", "2 3")
"""A second and third round of the colours is dashed."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a chart.

    Attributes:
        name: for the legend.
        points: x above 0 ascending, y from 0 to 1.
    """

    name: str
    points: Sequence[tuple[float, float]]


def chart(lines: Sequence[Line], most: float, across: str, up: str) -> Element:
    """A chart of lines over 1 … ``most``.

    Args:
        lines: in the order of the legend; the same place gives the same colour.
        most: the right end of the logarithmic axis.
        across: what the x axis shows.
        up: what the y axis shows, as a share.
    """
    svg = Element("svg", {"viewBox": f"0 0 {WIDTH} {HEIGHT}", "role": "img"})
    SubElement(svg, "title").text = f"{up} over {across}"
    for tick in _ticks(most):
        x = _x(tick, most)
        _rule(svg, x, TOP, x, HEIGHT - BOTTOM)
        _text(svg, x, HEIGHT - BOTTOM + 16, f"{tick:,}", "middle")
    for percent in (0, 25, 50, 75, 100):
        y = _y(percent / 100)
        _rule(svg, LEFT, y, WIDTH - RIGHT, y)
        _text(svg, LEFT - 6, y + 4, f"{percent} %", "end")
    _text(svg, (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 6, across, "middle")
    for i, line in enumerate(lines):
        style = {"stroke": COLOURS[i % len(COLOURS)], "fill": "none", "stroke-width": "2"}
        dash = DASHES[i // len(COLOURS) % len(DASHES)]
        if dash:
            style["stroke-dasharray"] = dash
        drawn = " ".join(f"{_x(x, most):.1f},{_y(y):.1f}" for x, y in line.points)
        group = SubElement(svg, "g")
        SubElement(group, "title").text = line.name
        SubElement(group, "polyline", {"points": drawn, **style})
        y = TOP + 10 + 17 * i
        key = {"x1": f"{WIDTH - RIGHT + 12}", "x2": f"{WIDTH - RIGHT + 36}"}
        SubElement(group, "line", {**key, "y1": f"{y}", "y2": f"{y}", **style})
        _text(group, WIDTH - RIGHT + 42, y + 4, line.name, "start")
    return svg


def steps(points: Sequence[tuple[float, float]], most: float) -> list[tuple[float, float]]:
    """The corners of a step function that is 0 at first and ``points`` say where it jumps."""
    corners = [(1.0, 0.0)]
    for x, y in points:
        corners += [(x, corners[-1][1]), (x, y)]
    return [*corners, (most, corners[-1][1])]


def _ticks(most: float) -> Iterator[int]:
    tick = 1
    while tick <= most:
        yield tick
        tick *= 2 if most <= 200 else 10


def _x(value: float, most: float) -> float:
    span = WIDTH - LEFT - RIGHT
    return LEFT + span * log(max(value, 1)) / log(max(most, 2))


def _y(share: float) -> float:
    return TOP + (HEIGHT - TOP - BOTTOM) * (1 - share)


def _rule(parent: Element, x1: float, y1: float, x2: float, y2: float) -> None:
    ends = {"x1": f"{x1:.1f}", "y1": f"{y1:.1f}", "x2": f"{x2:.1f}", "y2": f"{y2:.1f}"}
    SubElement(parent, "line", {**ends, "class": "rule"})


def _text(parent: Element, x: float, y: float, text: str, anchor: str) -> None:
    place = {"x": f"{x:.1f}", "y": f"{y:.1f}", "text-anchor": anchor}
    SubElement(parent, "text", place).text = text
