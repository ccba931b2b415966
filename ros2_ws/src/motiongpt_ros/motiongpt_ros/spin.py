"""Run a node until it is interrupted, and end cleanly whatever it is doing."""

import os
import signal
import sys
import threading
from collections.abc import Callable

import rclpy
from rclpy.exceptions import ParameterException
from rclpy.executors import ExternalShutdownException, MultiThreadedExecutor
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from motiongpt.errors import MotionGPTError

LONGEST_WAIT = 0.1
"""Most seconds until a signal is noticed."""


def run(name: str, make: Callable[[], Node], threads: int = 1) -> None:
    """Make a node and let it work until SIGINT, SIGTERM or ROS's end.

    Signals only set an event, so that the node can still publish when it closes.

    Args:
        name: for messages before there is a node.
        make: makes the node; one that has `close` is closed in the end.
        threads: threads that callbacks run in.
    """
    ending = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ending.set())
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    code = 0
    try:
        node = make()
    except (MotionGPTError, ParameterException) as error:
        rclpy.logging.get_logger(name).fatal(str(error))
        code = 1
    else:
        _spin(node, ending, threads)
    rclpy.try_shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    if any(t is not threading.main_thread() for t in threading.enumerate()):
        # A thread that loads or generates would keep the process, or crash it on its way out.
        os._exit(code)
    raise SystemExit(code)


def _spin(node: Node, ending: threading.Event, threads: int) -> None:
    executor = (
        MultiThreadedExecutor(num_threads=threads)
        if threads > 1
        else rclpy.executors.SingleThreadedExecutor()
    )
    executor.add_node(node)
    try:
        while rclpy.ok() and not ending.is_set():
            executor.spin_once(timeout_sec=LONGEST_WAIT)
    except ExternalShutdownException:
        pass
    finally:  # also after a defect in a callback the robot is brought to rest
        if hasattr(node, "close"):
            node.close()
        executor.shutdown(timeout_sec=0.2)
        node.destroy_node()
