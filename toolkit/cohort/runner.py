"""Sends the units of work through an executor, a bounded number at a time, and outlives the deaths of its processes."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from itertools import islice
from multiprocessing import get_context

from toolkit.cohort.bounds import own_process
from toolkit.cohort.store import open_store
from toolkit.cohort.unit import Run, Task, failure, keep, one
from toolkit.limits import Limits
from toolkit.problems import ToolkitError

Make = Callable[[], AbstractContextManager[Executor]]
Result = tuple[Run, bool]
_HOPELESS = 3  # so many lost one after the other before anything came back


def given(executor: Executor) -> Make:
    """An executor of the caller's; it stays open."""
    return lambda: nullcontext(executor)


def pool(processes: int, limits: Limits) -> Make:
    """Fresh processes of this machine, each bounded, each with one thread of polars."""

    @contextmanager
    def made() -> Iterator[Executor]:
        with (
            _one_thread(),
            ProcessPoolExecutor(
                processes, mp_context=get_context("spawn"), initializer=own_process, initargs=(limits,)
            ) as executor,
        ):
            try:
                yield executor
            except BaseException:
                executor.shutdown(wait=False, cancel_futures=True)  # Ctrl-C: nothing more is begun
                raise

    return made


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes share the cores; threads of each would only stand in each other's way."""
    name = "POLARS_MAX_THREADS"
    before = os.environ.get(name)
    os.environ[name] = "1"
    try:
        yield
    finally:
        os.environ.pop(name) if before is None else os.environ.__setitem__(name, before)


def run(tasks: Iterable[Task], make: Make, ahead: int) -> Iterator[Result]:
    """Do every task, in whatever order they end.

    A process that dies takes those tasks with it that were under way. Each of them is tried once more, alone, its
    files read in a child of its own; what fails again is a row, and is tried again the next time.

    Args:
        tasks: Taken as they are needed.
        make: Gives an executor; called again after one broke.
        ahead: How many are handed out at once.

    Yields:
        What `one` returns.

    Raises:
        ToolkitError: The study's place cannot be written, or no process can be started at all.
    """
    waiting, back = iter(tasks), 0
    while True:
        lost: list[Task] = []
        for result in _through(make, waiting, ahead, lost):
            back += 1
            yield result
        if not lost:
            return
        for result in _alone(make, lost, back == 0):
            back += 1
            yield result


def _alone(make: Make, lost: list[Task], first: bool) -> Iterator[Result]:
    """One after the other, so that whoever dies is known; *first* if nothing ever came back before."""
    again, given_up = iter([replace(task, isolated=True) for task in lost]), 0
    while True:
        failed: list[Task] = []
        for result in _through(make, again, 1, failed):
            first = False
            yield result
        if not failed:
            return
        given_up += len(failed)
        if first and given_up >= min(_HOPELESS, len(lost)):
            raise ToolkitError(
                "No process for reading can be started, or each dies at once.",
                "A script that starts a study needs: if __name__ == '__main__'. Or there is too little memory.",
            )
        yield from map(_given_up, failed)


def _through(make: Make, tasks: Iterator[Task], ahead: int, lost: list[Task]) -> Iterator[Result]:
    """Results until the tasks or the executor come to an end; tasks that died are added to *lost*."""
    with make() as executor:
        under_way: dict[Future[Result], Task] = {}
        broken = False
        while True:
            for task in islice(tasks, 0 if broken else ahead - len(under_way)):
                try:
                    under_way[executor.submit(one, task)] = task
                except BrokenExecutor:
                    broken = True
                    lost.append(task)
                    break
            if not under_way:
                return
            done, _ = wait(under_way, return_when=FIRST_COMPLETED)
            for future in done:
                task = under_way.pop(future)
                try:
                    yield future.result()
                except ToolkitError:
                    raise
                except Exception as error:  # whatever an executor calls the death of a process
                    broken |= isinstance(error, BrokenExecutor)
                    lost.append(task)


def _given_up(task: Task) -> Result:
    result, tables = failure(task, "ProcessDied")
    keep(open_store(task.out), task.person, result, tables)
    return result, True
