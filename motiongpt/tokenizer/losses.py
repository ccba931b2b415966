"""What a motion tokenizer is trained to minimize: features, and the places they stand for.

The published loss looks at features alone, so that small errors of the root's turn and path add
up to drift, and feet that stand in the features slide in the positions. The geometric terms look
at the recovered positions instead.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from motiongpt.errors import TokenizerError
from motiongpt.motion import layout
from motiongpt.motion.layout import layout_of
from motiongpt.motion.skeleton import skeleton_with


@dataclass(frozen=True)
class LossWeights:
    """Weights of the reconstruction loss; the published one has the last three at 0."""

    position: float = 0.5
    """Extra SmoothL1 on the normalized local joint positions."""

    commitment: float = 0.02
    """Distance between latents and their codes."""

    world: float = 1.0
    """Distance of joints in the world, each window from its first frame, in [m]."""

    velocity: float = 4.0
    """Difference of the joints' displacements in a frame, in [m]."""

    skate: float = 2.0
    """Displacement in a frame of feet that stand, in [m]."""

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if not value >= 0:
                raise TokenizerError(f"weight '{name}' is {value}; allowed: 0 or more")


PUBLISHED_LOSS = LossWeights(world=0.0, velocity=0.0, skate=0.0)
"""The loss of T2M-GPT and MotionGPT."""


def world_positions(features: Tensor) -> Tensor:
    """Compute joint positions from features, with gradients.

    Args:
        features: not normalized, shape (B, T, F).

    Returns:
        Positions (B, T, J, 3) in the skeleton's unit; the first root is above the origin.
    """
    at = layout_of(features.shape[-1])
    turn = 2 * features[..., layout.ROOT_YAW_VELOCITY][..., 0].cumsum(dim=1)
    turn = torch.nn.functional.pad(turn[:, :-1], (1, 0))  # (B, T)
    x, z = features[..., layout.ROOT_PLANAR_VELOCITY].unbind(dim=-1)
    c, s = torch.cos(turn), torch.sin(turn)
    # A step is stored as seen from the heading at its end: turn of the next frame.
    c_end, s_end = c[:, 1:], s[:, 1:]
    step_x = c_end * x[:, :-1] - s_end * z[:, :-1]
    step_z = s_end * x[:, :-1] + c_end * z[:, :-1]
    root_x = torch.nn.functional.pad(step_x.cumsum(dim=1), (1, 0))
    root_z = torch.nn.functional.pad(step_z.cumsum(dim=1), (1, 0))
    local = features[..., at.ric_positions].unflatten(-1, (at.n_joints - 1, 3))
    c, s = c[..., None], s[..., None]
    joints = torch.stack(
        [
            c * local[..., 0] - s * local[..., 2] + root_x[..., None],
            local[..., 1],
            s * local[..., 0] + c * local[..., 2] + root_z[..., None],
        ],
        dim=-1,
    )
    height = features[..., layout.ROOT_HEIGHT][..., 0]
    root = torch.stack([root_x, height, root_z], dim=-1)
    return torch.cat([root[:, :, None], joints], dim=2)


def _mean(values: Tensor, real: Tensor) -> Tensor:
    """Mean over the frames that count; `values` (B, T, ...), `real` (B, T, 1)."""
    values = values.flatten(start_dim=2)
    return (values * real).sum() / (real.sum().clamp_min(1) * values.shape[-1])


def feature_loss(prediction: Tensor, target: Tensor, real: Tensor, weights: LossWeights) -> Tensor:
    """SmoothL1 on normalized features, and again on the local positions.

    Args:
        prediction: normalized, shape (B, T, F).
        target: shape (B, T, F).
        real: frames that count, shape (B, T, 1).
        weights: of the terms.
    """
    error = torch.nn.functional.smooth_l1_loss(prediction, target, reduction="none")
    positions = error[..., layout_of(error.shape[-1]).ric_positions]
    return _mean(error, real) + weights.position * _mean(positions, real)


def geometry_loss(
    prediction: Tensor, target: Tensor, real: Tensor, weights: LossWeights
) -> Tensor:
    """Distances between the positions that two sets of features stand for, in [m].

    Args:
        prediction: features, not normalized, shape (B, T, F).
        target: shape (B, T, F).
        real: frames that count, shape (B, T, 1).
        weights: of the terms.
    """
    if not (weights.world or weights.velocity or weights.skate):
        return prediction.new_zeros(())
    at = layout_of(target.shape[-1])
    skeleton = skeleton_with(at.n_joints)
    ours, theirs = (skeleton.unit * world_positions(f) for f in (prediction, target))
    steps, true_steps = ours.diff(dim=1), theirs.diff(dim=1)
    moving = real[:, 1:]
    stands = target[:, :-1, at.foot_contacts]  # (B, T - 1, 4)
    slide = (steps - true_steps)[:, :, list(skeleton.feet)].norm(dim=-1)
    return (
        weights.world * _mean((ours - theirs).norm(dim=-1), real)
        + weights.velocity * _mean((steps - true_steps).norm(dim=-1), moving)
        + weights.skate * _mean(slide * stands, moving)
    )
