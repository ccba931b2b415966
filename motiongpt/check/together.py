"""What a motion tokenizer keeps of two actions at once: a raised hand on a body that walks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from motiongpt.motion.composed_clips import ComposedClip
from motiongpt.motion.features import recover_positions
from motiongpt.motion.kinematics import measure
from motiongpt.motion.layout import layout_of
from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import JOINT_INDEX
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

RAISED = 0.05
"""A wrist so far above the head, in [m], is a raised hand."""

_ARMS = [
    JOINT_INDEX[f"{side}_{name}"] for side in ("left", "right") for name in ("elbow", "wrist")
]


@dataclass(frozen=True)
class Together:
    """Scores on clips of two actions at once.

    Attributes:
        hands_raised: hands that are raised in the clips.
        hands_kept: share of them that are above the head after the tokenizer; NaN of none.
        arm_error: mean error of elbows and wrists, pelvis and heading placed, in [mm]; NaN for
            no clip.
    """

    hands_raised: int
    hands_kept: float
    arm_error: float


def evaluate_together(tokenizer: MotionTokenizer, clips: Iterable[ComposedClip]) -> Together:
    """Encode and decode those of the clips whose actions happen at once.

    Args:
        tokenizer: of the 22-joint skeleton.
        clips: composed of two.
    """
    kept, errors = [], []
    for clip in clips:
        if not clip.together:
            continue
        decoded = tokenizer.decode_features(tokenizer.encode_features(clip.features))
        real = clip.features[: len(decoded)]
        gaps = np.linalg.norm(_arms(real) - _arms(decoded), axis=-1)
        errors.append(1000 * gaps.mean())
        one, other = (measure(Motion.from_y_up(recover_positions(x))) for x in (real, decoded))
        pairs = ((one.left, other.left), (one.right, other.right))
        kept += [after.rise > 0 for before, after in pairs if before.rise > RAISED]
    return Together(len(kept), _mean(kept), _mean(errors))


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if values else float("nan")


def _arms(features: np.ndarray) -> np.ndarray:
    """Elbows and wrists (T, 4, 3) in [m], pelvis above the origin and heading forward."""
    at = layout_of(features.shape[1])
    return features[:, at.ric_positions].reshape(len(features), -1, 3)[:, np.array(_ARMS) - 1]
