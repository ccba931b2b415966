import psutil
from std_msgs.msg import String

from tests.ros.conftest import PATIENT

N_COMMANDS, N_WARM = 300, 60
MOST_GROWTH = 20e6
TEXTS = ("wave your right hand", "he turns left and bows", "a person walks forward")


def _done(statuses: list[dict], text: str) -> bool:
    """Whether a command's motion is out; a slow listener may have missed all but its end."""
    begun = [k for k, s in enumerate(statuses) if s.get("text") == text]
    return any(
        statuses[k].get("complete") or s["state"] == "idle" for k in begun for s in statuses[k:]
    )


def test_three_hundred_commands_leave_the_nodes_memory_as_it_was(
    processes, listen, tiny_model
) -> None:
    processes.start("sim_node", "many", rate=20.0)
    parameters = {**PATIENT, "model": tiny_model, "max_duration": 3.0, "streaming": True}
    node = processes.start("motion_node", "many", **parameters)
    listener = listen("many")
    listener.wait_for_state("idle")
    listener.wait_until_connected()
    listener.say("")
    memory, warm = psutil.Process(node.pid), 0
    for number in range(N_COMMANDS):
        text = TEXTS[number % len(TEXTS)]
        listener.statuses.clear()
        listener.trajectories.clear()
        listener.paths.clear()
        listener.command.publish(String(data=text))
        listener.wait(lambda text=text: _done(listener.statuses, text), f"command {number}")
        if number == N_WARM:
            warm = memory.memory_info().rss
    assert memory.memory_info().rss - warm < MOST_GROWTH
