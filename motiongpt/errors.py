"""Every error this package raises on purpose.

A message says what is wrong, where, and what is allowed, because it is what the user reads in
the terminal or on the node's `status` topic.
"""


class MotionGPTError(Exception):
    """Base class: catch this to catch everything the package raises on purpose."""


class MotionError(MotionGPTError):
    """A motion clip, its features or a dataset folder cannot be used."""


class TokenizerError(MotionGPTError):
    """Motion tokens cannot be encoded or decoded."""


class LanguageModelError(MotionGPTError):
    """The language model or its prompt cannot be used."""


class CommandError(MotionGPTError):
    """A text command is empty, too long, or not understood."""


class StandStillError(CommandError):
    """A text command asks to be still, for which there is no motion to generate."""


class ModelFileError(MotionGPTError):
    """A model file is missing, truncated, or of another architecture."""


class EvaluationError(MotionGPTError):
    """Motions or texts cannot be evaluated as asked."""


class RobotError(MotionGPTError):
    """A robot description is unreadable or contradicts its URDF."""


class RetargetError(MotionGPTError):
    """A motion cannot be turned into a robot trajectory."""


class RenderError(MotionGPTError):
    """A picture cannot be drawn on this machine."""
