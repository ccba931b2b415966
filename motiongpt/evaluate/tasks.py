"""The tasks that a model is evaluated on: which poses of a real clip go with its caption."""

from enum import Enum


class Task(str, Enum):
    """What is given besides the text."""

    TEXT = "text"
    INITIAL = "initial"
    LAST = "last"
    KEYS = "keys"
