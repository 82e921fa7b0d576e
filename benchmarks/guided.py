"""What does a run cost inside libFuzzer, drawing inputs included, when the workload stays the same?

``python -m benchmarks.guided [libFuzzer arguments]`` is a campaign's worker reduced to the
loop: the same feedback map, mutator and corpus, but each input's workload is replaced by the
benchmark's before it is decoded. So its runs are those that ``speed`` measures elsewhere.
"""

from __future__ import annotations

from random import Random

from benchmarks.small_queue import WORKLOAD, SmallQueue
from harness.campaign.ablation import WHOLE
from harness.campaign.feedback import MAP_SIZE, FeedbackMap
from harness.campaign.libfuzzer import fuzz
from harness.campaign.population import Population
from harness.campaign.proposing import Proposals
from harness.campaign.worker import collect_rarely
from harness.codec.codec import MAX_OPS, Codec
from harness.codec.mutate import Mutator
from harness.engine.registry import EngineRef
from harness.execute.python import PythonExecutor
from harness.model.schedule import Schedule

REF = EngineRef("small_queue", lambda: SmallQueue)


def fixed_part(codec: Codec) -> bytes:
    """The bytes of the benchmark's workload, which follow the tail byte of an input."""
    return codec.encode(WORKLOAD, Schedule())[1:]


def with_feedback() -> tuple[PythonExecutor, FeedbackMap]:
    """An executor that notes features, as a campaign's does, and where it notes them."""
    feedback = FeedbackMap(WHOLE)
    executor = PythonExecutor(REF, feedback)
    feedback.scheduler = executor.scheduler
    return executor, feedback


def main() -> None:
    """Fuzz the schedule of one workload."""
    executor, feedback = with_feedback()
    population = Population(MAP_SIZE)
    codec = Codec(executor.spec)
    workload = fixed_part(codec)
    header, record = codec.header, codec.record

    def one_input(data: bytes) -> None:
        # Its own operations must go: left there they would be read as deviations.
        ops = data[header - 1] % MAX_OPS + 1 if len(data) >= header else 0
        data = data[:1] + workload + data[header + ops * record :]
        feedback.forget()
        run = executor.run(*codec.decode(data))
        population.saw(data, feedback.shown, run.steps)

    collect_rarely()
    proposals = Proposals(Mutator(codec), population, Random(1))
    fuzz(one_input, proposals.next, feedback.places)


if __name__ == "__main__":
    main()
