"""What others have published about the same subjects, to compare with.

Source: the raw data of the authors of RFF (Wolff, Shi, Duck, Mathur, Roychoudhury, "Greybox
fuzzing for concurrency testing", ASPLOS 2024) and of SURW (Zhao, Wolff, Mathur, Roychoudhury,
"Selectively uniform concurrency testing", ASPLOS 2025). Native programs under other runtimes:
orders of magnitude can be compared, single schedules can not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

SOURCE = "published by the authors of RFF and SURW (ASPLOS 2024, 2025), on native programs"


@dataclass(frozen=True, slots=True)
class Published:
    """Figures for one strategy.

    Attributes:
        means: subject → mean schedules to the first bug; None where it was not found.
        found: subject → how many of how many trials found it, where that was not all.
        geomean: of the means over the 17 subjects that all of them solve.
        bugs: found at least once, of 38.
    """

    means: Mapping[str, int | None]
    found: Mapping[str, str]
    geomean: float | None
    bugs: int | None


PUBLISHED: Mapping[str, Published] = {
    "RFF": Published({"reorder_100": 6, "twostage_100": 56}, {}, None, None),
    "SURW": Published({"reorder_100": 194, "twostage_100": 454}, {}, 6.8, 35),
    "POS": Published({"reorder_100": None, "twostage_100": None}, {}, 8.3, 30),
    "PCT-3": Published(
        {"reorder_100": 7447, "twostage_100": 3888},
        {"reorder_100": "1/20", "twostage_100": "6/20"},
        22.2,
        33,
    ),
    "random": Published({"reorder_100": None, "twostage_100": None}, {}, 43.6, 21),
}
