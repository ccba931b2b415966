"""The node's services: `stop`, `hold`, `resume`, `estop` and `describe`."""

import json
from collections.abc import Callable
from typing import Any

from rclpy.node import Node
from rclpy.service import Service
from std_srvs.srv import SetBool, Trigger

from motiongpt.errors import MotionGPTError
from motiongpt_ros.controls import Controls


def create_services(
    node: Node, controls: Callable[[], Controls], describe: Callable[[], dict[str, Any] | None]
) -> list[Service]:
    """Offer what `Controls` can do, and a description of what is loaded."""

    def trigger(name: str, act: Callable[[], str | tuple[bool, str]]) -> Service:
        def answer(request: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
            response.success, response.message = _try(act)
            return response

        return node.create_service(Trigger, name, answer)

    def estop(request: SetBool.Request, response: SetBool.Response) -> SetBool.Response:
        response.success, response.message = _try(lambda: controls().estop(request.data))
        return response

    def about() -> tuple[bool, str]:
        found = describe()
        return (False, "no model is loaded") if found is None else (True, json.dumps(found))

    return [
        trigger("stop", lambda: controls().stop()),
        trigger("hold", lambda: controls().hold()),
        trigger("resume", lambda: controls().resume()),
        node.create_service(SetBool, "estop", estop),
        trigger("describe", about),
    ]


def _try(act: Callable[[], str | tuple[bool, str]]) -> tuple[bool, str]:
    try:
        done = act()
    except MotionGPTError as error:
        return False, str(error)
    return (True, done) if isinstance(done, str) else done
