import threading

import pytest

from motiongpt.errors import CommandError
from motiongpt_ros.command_queue import Command, CommandQueue, read_command


def _queue(*texts: str, policy: str = "append") -> CommandQueue:
    queue = CommandQueue()
    for text in texts:
        queue.put(Command(text), policy, 8)
    return queue


@pytest.mark.parametrize(
    "said", ["and then wave", "Then wave", "and then, wave", "And after that wave"]
)
def test_and_then_appends(said: str) -> None:
    assert read_command(said) == Command("wave", append=True)


@pytest.mark.parametrize("said", ["wave and then bow", "thence wave", "wave", ""])
def test_a_text_that_says_nothing_of_before_does_not_append(said: str) -> None:
    assert read_command(said) == Command(said)


def test_append_gives_commands_in_their_order() -> None:
    queue = _queue("one", "two")
    queue.put(read_command("and then three"), "replace", 8)
    assert [queue.take()[0].text for _ in range(3)] == ["one", "two", "three"]


def test_replace_makes_what_waits_and_what_is_worked_on_void() -> None:
    queue = _queue("one", "two")
    _, ticket = queue.take()
    assert queue.holds(ticket)
    queue.put(Command("three"), "replace", 8)
    assert not queue.holds(ticket)
    assert queue.take()[0].text == "three"
    assert len(queue) == 0


def test_a_full_queue_refuses_with_its_length() -> None:
    queue = _queue("one", "two")
    with pytest.raises(CommandError, match="2 commands wait already; allowed by queue_length: 2"):
        queue.put(Command("three"), "append", 2)


def test_a_paused_queue_gives_nothing_and_then_begins_again_with_what_was_worked_on() -> None:
    queue = _queue("one", "two")
    _, ticket = queue.take()
    queue.pause()
    assert not queue.holds(ticket)
    queue.put_first(Command("rest"))
    taken: list[str] = []
    thread = threading.Thread(target=lambda: taken.append(queue.take()[0].text))
    thread.start()
    thread.join(0.1)
    assert thread.is_alive() and not taken
    assert queue.resume() == 3
    thread.join(5)
    assert taken == ["rest"]
    assert [queue.take()[0].text for _ in range(2)] == ["one", "two"]


def test_waiting_ends_as_soon_as_the_command_is_void() -> None:
    queue = _queue("one")
    _, ticket = queue.take()
    assert queue.sleep(ticket, 0.01)
    threading.Timer(0.05, queue.cancel).start()
    assert not queue.sleep(ticket, 60.0)


def test_closing_ends_whoever_waits() -> None:
    queue = CommandQueue()
    threading.Timer(0.05, queue.close).start()
    assert queue.take() is None
