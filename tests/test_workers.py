"""The processes that work: every task has its answer, whatever happens to the one beside it."""

import multiprocessing
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import combinations
from multiprocessing.connection import wait as wait_for_any
from pathlib import Path

import pytest

from generator.state.workers import AbandonedError, Died, Workers
from tests.support.sites import wait_until

_prepared: list[object] = []

TASKS = range(12)


def prepare(*arguments: object) -> None:
    _prepared[:] = arguments


def nothing() -> None:
    """Prepare nothing."""


# The tasks: run in other processes, so they are functions of a module.


def is_deaf_to_interrupts(folder: str) -> tuple[int, bool]:
    """Wait until two processes are at work, and tell whether this one was born deaf to Ctrl-C."""
    (Path(folder) / str(os.getpid())).touch()
    wait_until(lambda: len(list(Path(folder).iterdir())) == 2)
    return os.getpid(), signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, ())


def square(number: int) -> int:
    return number * number


def die(number: int) -> int:
    """Do the work; but of some numbers, leave without a word, or be killed."""
    if number == 3:
        os._exit(0)
    if number == 8:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
    return square(number)


def fail(number: int) -> int:
    return number // (number - 3)


def told(_: int) -> tuple[object, ...]:
    return (os.getpid(), *_prepared)


def busy(weight: int) -> tuple[int, int]:
    """Work for a moment, and tell when that was."""
    begin = time.monotonic_ns()
    sum(range(300_000))
    return begin, time.monotonic_ns()


def hang_unless_first(number: int) -> int:
    if number:
        threading.Event().wait()
    return number


def take(megabytes: int) -> int:
    return len(bytearray(megabytes << 20)) >> 20


def wait_for_the_end_of_all() -> None:
    # Late, for every process that works imports this module.
    from tests.support.sites import wait_until

    wait_until(lambda: not multiprocessing.active_children())


@pytest.mark.parametrize("count", [0, 1, 2])
def test_every_task_has_its_result(count: int) -> None:
    with Workers(count, nothing) as workers:
        assert dict(workers.run(square, TASKS)) == {each: each * each for each in TASKS}
        assert dict(workers.run(square, [])) == {}


def test_without_processes_this_one_works_and_keeps_the_order() -> None:
    with Workers(0, prepare, "a", 1) as workers:
        assert [task for task, _ in workers.run(square, TASKS)] == list(TASKS)
        assert dict(workers.run(told, [0])) == {0: (os.getpid(), "a", 1)}
        assert multiprocessing.active_children() == []


def test_every_process_is_prepared_with_the_arguments() -> None:
    with Workers(2, prepare, "a", 1) as workers:
        answers = [answer for _, answer in workers.run(told, TASKS)]
    for answer in answers:
        assert not isinstance(answer, Died)
        assert answer[0] != os.getpid()
        assert answer[1:] == ("a", 1)


def test_i12_a_task_that_kills_its_process_is_blamed_alone() -> None:
    with Workers(2, nothing) as workers:
        results = dict(workers.run(die, TASKS))
        blamed = [task for task in TASKS if isinstance(results[task], Died)]
        assert blamed == [3, 8]
        assert all(results[task] == task * task for task in TASKS if task not in blamed)
        # And there are processes for what comes after.
        assert dict(workers.run(square, [5])) == {5: 25}


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_fault_in_a_task_is_raised(count: int) -> None:
    with pytest.raises(ZeroDivisionError), Workers(count, nothing) as workers:
        list(workers.run(fail, TASKS))
    wait_for_the_end_of_all()


def test_i13_what_is_worked_on_at_once_stays_within_the_budget() -> None:
    tasks = [6, 6, 1, 6, 4, 5, 6, 12, 6, 1]
    budget = 10
    with Workers(2, nothing) as workers:
        done = list(workers.run(busy, tasks, weight=lambda task: task, budget=budget))
    assert sorted(task for task, _ in done) == sorted(tasks)
    for (one, first), (other, second) in combinations(done, 2):
        assert not isinstance(first, Died)
        assert not isinstance(second, Died)
        together = max(first[0], second[0]) < min(first[1], second[1])
        assert not together or one + other <= budget


def test_tasks_start_in_the_order_given() -> None:
    with Workers(2, nothing) as workers:
        # One at a time, so that the order of the ends is that of the starts.
        assert [task for task, _ in workers.run(square, TASKS, weight=lambda task: 1)] == list(
            TASKS
        )


def test_i12_processes_that_die_while_a_task_is_handed_over_cost_nothing() -> None:
    with Workers(4, nothing) as workers:
        promised = []
        for turn in range(120):
            promised.append(workers.promised(square, turn))
            dying = multiprocessing.active_children()
            for process in dying:
                process.kill()
            # Their pool notices when we do, or while it is given the next task.
            if dying:
                wait_for_any([process.sentinel for process in dying])
            promised += [workers.promised(square, turn) for _ in range(3)]
        assert [result() for result in promised] == [turn**2 for turn in range(120) for _ in "1234"]
    wait_for_the_end_of_all()


def test_i12_of_tasks_asked_for_at_once_each_is_answered_or_blamed_alone() -> None:
    with Workers(2, nothing) as workers, ThreadPoolExecutor(4) as threads:
        results = list(threads.map(lambda task: workers.ask(die, task), TASKS))
    blamed = [task for task in TASKS if isinstance(results[task], Died)]
    assert blamed == [3, 8]
    assert all(results[task] == task * task for task in TASKS if task not in blamed)


def test_pools_die_alone() -> None:
    with Workers(2, nothing) as one, Workers(2, nothing) as other:
        waiting = other.run(square, TASKS)
        assert next(waiting)[0] in TASKS
        assert isinstance(one.ask(die, 3), Died)
        one.abandon()
        assert len(dict(waiting)) == len(TASKS) - 1
        with pytest.raises(AbandonedError):
            one.ask(square, 1)


def test_whoever_waits_for_what_is_given_up_is_told() -> None:
    with Workers(2, nothing) as workers, ThreadPoolExecutor(2) as threads:
        asked = threads.submit(workers.ask, hang_unless_first, 1)
        run = threads.submit(lambda: list(workers.run(hang_unless_first, [2])))
        wait_until(lambda: len(multiprocessing.active_children()) == 2)
        workers.abandon()
        for future in (asked, run):
            with pytest.raises(AbandonedError):
                future.result()
    wait_for_the_end_of_all()


def test_no_process_stays_when_the_work_is_done() -> None:
    with Workers(2, nothing) as workers:
        list(workers.run(square, TASKS))
        assert multiprocessing.active_children() != []
    assert multiprocessing.active_children() == []


def test_no_process_stays_when_the_work_is_given_up() -> None:
    with pytest.raises(KeyboardInterrupt), Workers(2, nothing) as workers:
        assert next(workers.run(hang_unless_first, TASKS)) == (0, 0)
        raise KeyboardInterrupt
    wait_for_the_end_of_all()


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="Windows has no such mask")
def test_every_process_is_deaf_to_ctrl_c_from_its_birth(tmp_path: Path) -> None:
    with Workers(2, nothing) as workers:
        born = {result for _, result in workers.run(is_deaf_to_interrupts, [str(tmp_path)] * 2)}
    assert len(born) == 2
    assert {deaf for _, deaf in born} == {True}  # type: ignore[misc]


@pytest.mark.parametrize("count", [1, 2])
def test_i12_a_task_that_never_ends_is_stopped_and_blamed_alone(count: int) -> None:
    with Workers(count, nothing, seconds=0.5) as workers:
        results = dict(workers.run(hang_unless_first, [0, 1]))
    assert results[0] == 0
    assert isinstance(results[1], Died)


@pytest.mark.skipif(sys.platform != "linux", reason="others count less of what a process takes")
def test_i12_a_process_is_refused_more_memory_than_it_may_have() -> None:
    with Workers(1, nothing, memory=100 << 20) as workers:
        assert workers.ask(take, 200) == 200
        with pytest.raises(MemoryError):
            workers.ask(take, 2200)
        # It lives, and works on.
        assert workers.ask(square, 5) == 25
