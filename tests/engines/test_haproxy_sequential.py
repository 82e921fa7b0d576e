"""Nothing goes wrong on HAProxy's queue when streams and limits change and nobody is interrupted.

The themes have files of their own: streams, limits, servers, groups. This one is about all of
them together, and starts where one thread's batch has a bound.
"""

from __future__ import annotations

from helpers import executor
from hypothesis import given
from hypothesis import strategies as st
from stories import HOPELESS, REVISIONS, before, since, tell, workload

from harness import Engine
from harness.engines.haproxy import HISTORY
from harness.model.schedule import Schedule


def between(first: str, last: str) -> list[str]:
    """The revisions from ``first`` to ``last``, both included."""
    return REVISIONS[REVISIONS.index(first) : REVISIONS.index(last) + 1]


CORRECT = [
    *between("ddab05b98", before("583303c48")),
    # then lengths that are not counted down, and timers that hide resources
    *(name for name in between("13c344516", "50872daa6") if name != HOPELESS),
]


@st.composite
def scripts(draw: st.DrawFn) -> tuple[list[str], dict[str, int]]:
    """Arrivals, clients that leave, timers and limits, on up to four threads."""
    servers = draw(st.integers(1, 2))
    topology = {
        "servers": servers,
        "maxconn": draw(st.integers(1, 3)),
        "minconn": draw(st.integers(0, 1)),
        "maxpoll": draw(st.integers(0, 2)),
    }
    lines: list[str] = []
    arrived: list[tuple[int, str]] = []
    for _ in range(draw(st.integers(1, 10))):
        kind = draw(st.sampled_from(["arrive"] * 4 + ["own"] * 2 + ["set_maxconn"]))
        thread = draw(st.integers(0, 3))
        if kind == "arrive":
            name = "ABCDEFGHIJ"[len(arrived)]
            target = draw(st.sampled_from(["none", *map(str, range(servers))]))
            lines.append(f"T{thread} arrive {name} target={target}")
            arrived.append((thread, name))
        elif kind == "set_maxconn":
            server, value = draw(st.integers(0, servers - 1)), draw(st.integers(1, 3))
            agent = draw(st.integers(0, 1))
            lines.append(f"T{thread} set_maxconn server={server} value={value} agent={agent}")
        elif arrived:
            thread, name = draw(st.sampled_from(arrived))
            what = draw(st.sampled_from(["poke", "queue_timeout"]))
            lines.append(f"T{thread} {what} {name}")
    return lines or ["arrive A"], topology


@given(script=scripts())
def test_nothing_is_found(script: tuple[list[str], dict[str, int]]) -> None:
    lines, topology = script
    for name in CORRECT:
        cls = HISTORY[name]
        run = executor(cls).run(workload(cls, *lines, **topology), Schedule())
        assert [f for f in run.findings if not f.kind.warning] == [], name
        assert not run.limited


@since("1.8")
def test_who_waits_when_a_backup_server_takes_over_is_forgotten(cls: type[Engine]) -> None:
    # What goes looks after its own queue, what stays is told nothing.
    story = tell(cls, "arrive A", "arrive B", "set_maint server=0", "finish A", servers=2, backup=1)
    assert story.lives["B"] == ["px.queue"]
    assert "stranded px.queue" in story.findings
