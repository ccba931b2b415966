import time

import psutil

MOST_BUSY = 0.6
"""Share of a core; it is about 0.1 on a machine that does nothing else."""


def test_a_robot_that_says_its_state_often_keeps_no_core_busy(
    processes, listen, tiny_model
) -> None:
    processes.start("sim_node", "calm", rate=100.0)
    node = processes.start("motion_node", "calm", model=tiny_model, threads=1)
    listener = listen("calm")
    listener.wait_for_state("idle")
    listener.wait(lambda: listener.joint_state is not None, "joint states")
    process, began = psutil.Process(node.pid), time.monotonic()
    before = process.cpu_times()
    time.sleep(4.0)
    after, seconds = process.cpu_times(), time.monotonic() - began
    used = (after.user + after.system - before.user - before.system) / seconds
    assert used < MOST_BUSY
