import numpy as np
import pytest
import torch

from motiongpt.errors import TokenizerError
from motiongpt.motion import layout
from motiongpt.motion.features import canonicalize, encode_features, recover_positions
from motiongpt.motion.layout import Layout
from motiongpt.motion.skeleton import HUMANML3D, KIT_ML, Skeleton
from motiongpt.tokenizer.losses import (
    PUBLISHED_LOSS,
    LossWeights,
    feature_loss,
    geometry_loss,
    world_positions,
)
from tests.motion.clips import circling_clip

AT = Layout(22)


def _features(skeleton: Skeleton = HUMANML3D) -> torch.Tensor:
    clip = canonicalize(circling_clip(65, skeleton), skeleton)
    return torch.from_numpy(encode_features(clip, skeleton))[None]


@pytest.mark.parametrize("skeleton", [HUMANML3D, KIT_ML], ids=lambda s: s.name)
def test_places_are_those_of_the_recovery(skeleton: Skeleton) -> None:
    features = _features(skeleton)
    positions = world_positions(features)[0].numpy()
    assert np.abs(positions - recover_positions(features[0].numpy())).max() < 1e-9


def test_padding_does_not_count() -> None:
    target = _features()
    prediction = target.clone()
    prediction[0, 32:] += 100
    real = torch.zeros(1, 64, 1, dtype=torch.bool)
    real[:, :32] = True
    assert feature_loss(prediction, target, real, PUBLISHED_LOSS) == 0
    assert geometry_loss(prediction, target, real, LossWeights()) == 0


def test_the_published_loss_is_smooth_l1_with_extra_weight_on_positions() -> None:
    target, real = torch.zeros(1, 4, 263), torch.ones(1, 4, 1, dtype=torch.bool)
    prediction = torch.zeros(1, 4, 263)
    prediction[..., AT.ric_positions] = 2.0  # SmoothL1 of 2 is 1.5
    expected = 1.5 * 63 / 263 + 0.5 * 1.5
    assert feature_loss(prediction, target, real, PUBLISHED_LOSS).item() == pytest.approx(expected)
    assert geometry_loss(prediction, target, real, PUBLISHED_LOSS) == 0


def test_a_steady_error_of_the_turn_costs_more_the_longer_it_lasts() -> None:
    target = _features()
    prediction = target.clone()
    prediction[..., layout.ROOT_YAW_VELOCITY] += 0.01
    weights = LossWeights(world=1.0, velocity=0.0, skate=0.0)
    costs = []
    for n in (16, 64):
        real = torch.ones(1, n, 1, dtype=torch.bool)
        costs.append(geometry_loss(prediction[:, :n], target[:, :n], real, weights).item())
    assert costs[1] > 2 * costs[0] > 0


def test_a_foot_costs_only_while_it_stands() -> None:
    target = _features()
    real = torch.ones(1, 64, 1, dtype=torch.bool)
    weights = LossWeights(world=0.0, velocity=0.0, skate=1.0)
    prediction = target.clone()
    left_toe = AT.ric_positions.start + 3 * (HUMANML3D.feet[1] - 1)
    prediction[0, 20, left_toe] += 0.05
    target[..., AT.foot_contacts] = 0.0
    assert geometry_loss(prediction, target, real, weights) == 0
    target[..., AT.foot_contacts.start + 1] = 1.0
    slide = 2 * 0.05 / (63 * 4)  # away and back, over all frames and foot joints
    assert geometry_loss(prediction, target, real, weights).item() == pytest.approx(slide)


def test_a_negative_weight_is_refused() -> None:
    with pytest.raises(TokenizerError, match="weight 'skate' is -1"):
        LossWeights(skate=-1.0)
