"""What an engine answers speaks of what it has declared."""

from __future__ import annotations

import pytest
from helpers import DEFAULT, executor, only, workload

from harness import REJECTED, Atomic, Engine, admitted, queued


def told(answer):
    """What the run of an engine that answers so says."""

    class Answering(Engine):
        def setup(self, topology):
            self.looks = Atomic("looks", 0)
            self.resource("slot", capacity=1)

        def arrive(self, request):
            self.looks.load()
            return answer

        def finish(self, request):
            self.looks.load()

    return executor(Answering).run(workload(Answering, "T0 arrive A"), DEFAULT)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (queued(1), "queued(1), and so many were not declared; they are numbered from 0 in the"),
        (admitted(3), "admitted(3), and so many were not declared; they are numbered from 0 in"),
        ("yes", "arrive and resume must return ADMITTED, QUEUED or REJECTED, not 'yes'"),
    ],
)
def test_an_answer_that_is_none_is_the_engines_fault(answer, sentence):
    assert sentence in only(told(answer)).message


@pytest.mark.parametrize("answer", [admitted(0), REJECTED])
def test_others_are_taken(answer):
    assert told(answer).verdict == "ok"
