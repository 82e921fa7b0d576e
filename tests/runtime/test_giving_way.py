"""``relax`` hands on to the next thread in cyclic order, unless the schedule says otherwise."""

from __future__ import annotations

from helpers import deviate, run_threads

from harness import relax as give_way


def test_giving_way_lets_the_others_go_first():
    order = []

    def polite(s):
        order.append("asks")
        give_way()
        order.append("goes on")

    def other(s):
        order.append("other")

    run_threads(dict, polite, other)
    assert order == ["asks", "other", "goes on"]


def test_giving_way_goes_round_in_cyclic_order():
    order = []

    def body(i):
        def run(s):
            for _ in range(2):
                order.append(i)
                give_way()

        return run

    run_threads(dict, body(0), body(1), body(2))
    assert order == [0, 1, 2, 0, 1, 2]


def test_the_schedule_can_deviate_where_a_thread_gives_way():
    order = []

    def body(i):
        def run(s):
            order.append(i)
            give_way()
            order.append(i)

        return run

    run_threads(dict, body(0), body(1), body(2), schedule=deviate((1, 1)))
    assert order[:2] == [0, 2]
