"""The tables that say which threads a bit mask stands for, and in which order."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.runtime.scheduler import Scheduler
from harness.runtime.thread import VirtualThread

COUNTS = st.integers(min_value=1, max_value=12)
MASKS = st.lists(st.integers(min_value=0, max_value=(1 << 12) - 1), max_size=40)


def scheduler_of(count):
    s = Scheduler()
    for index in range(count):
        s.threads.append(VirtualThread(s.threads, index))
    return s


@given(count=COUNTS, masks=MASKS)
def test_a_set_lists_the_threads_of_its_mask_in_ascending_order(count, masks):
    s = scheduler_of(count)
    for mask in [*masks, *masks]:
        mask %= 1 << count
        assert [t.index for t in s.sets[mask]] == [i for i in range(count) if mask >> i & 1]


@given(count=COUNTS, masks=MASKS, data=st.data())
def test_after_a_thread_come_those_above_it_and_then_those_from_the_first_on(count, masks, data):
    s = scheduler_of(count)
    here = data.draw(st.integers(min_value=0, max_value=count - 1))
    around = [(here + step) % count for step in range(1, count + 1)]
    for mask in [*masks, *masks]:
        mask %= 1 << count
        expected = [i for i in around if mask >> i & 1]
        assert [t.index for t in s.threads[here].after[mask]] == expected


def test_sets_of_many_threads_stay_right_when_no_more_of_them_are_kept():
    s = scheduler_of(10)
    for mask in range(1 << 10):
        assert sum(t.bit for t in s.sets[mask]) == mask
    assert len(s.sets.large) == 256


def test_threads_that_are_added_later_are_in_the_sets():
    s = scheduler_of(2)
    assert len(s.sets[0b11]) == len(s.threads[1].after[0b11]) == 2
    s.threads.append(VirtualThread(s.threads, 2))
    assert [t.index for t in s.sets[0b111]] == [0, 1, 2]
    assert [t.index for t in s.threads[1].after[0b111]] == [2, 0, 1]
