import pytest

from motiongpt_ros.command_queue import DROPPED, Command, CommandQueue
from motiongpt_ros.job import Job, Wish


def _command(text: str, **wish: object) -> tuple[Command, Job]:
    job = Job(Wish(**wish))
    return Command(text, job=job), job


def test_who_follows_a_command_that_is_replaced_is_told_so() -> None:
    queue = CommandQueue()
    first, job = _command("walk")
    queue.put(first, "replace", 8)
    assert not job.settled
    queue.put(Command("wave"), "replace", 8)
    assert job.settled and job.failure == DROPPED


@pytest.mark.parametrize("end", ["cancel", "close"])
def test_who_follows_a_command_is_told_when_all_are_dropped(end: str) -> None:
    queue = CommandQueue()
    command, job = _command("walk")
    queue.put(command, "replace", 8)
    getattr(queue, end)()
    assert job.failure == DROPPED


def test_only_the_command_that_is_withdrawn_is_dropped() -> None:
    queue = CommandQueue()
    (first, stays), (second, goes) = _command("walk"), _command("wave")
    queue.put(first, "append", 8)
    queue.put(second, "append", 8)
    queue.withdraw(goes)
    assert goes.failure == "the command was withdrawn" and not stays.settled
    assert len(queue) == 1


def test_a_command_that_is_held_waits_again_and_is_not_dropped() -> None:
    queue = CommandQueue()
    command, job = _command("walk")
    queue.put(command, "replace", 8)
    taken = queue.take()
    assert taken is not None
    queue.pause()
    assert queue.waits(taken[0]) and not job.settled
    queue.resume()
    again = queue.take()
    assert again is not None and again[0] is taken[0] and not queue.waits(again[0])


def test_a_cancelled_job_is_unwanted_and_the_first_failure_counts() -> None:
    job = Job(Wish())
    assert job.wanted
    job.cancel()
    assert not job.wanted
    job.fail("first")
    job.fail("second")
    assert job.failure == "first"
    job.draw()
    assert (job.stage, job.tokens) == ("generating", 1)
