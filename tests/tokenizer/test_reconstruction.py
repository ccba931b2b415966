import numpy as np
import pytest
import torch

from motiongpt.motion import layout
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.motion.layout import Layout
from motiongpt.motion.skeleton import HUMANML3D
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.compare import markdown_table
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.reconstruction import evaluate_reconstruction, foot_speeds
from motiongpt.tokenizer.vqvae import VQVAE
from tests.motion.clips import circling_clip


class _Changed(MotionTokenizer):
    """A tokenizer whose reconstruction is the original with a known change."""

    def encode_features(self, features: np.ndarray) -> tuple[int, ...]:
        if len(features) % 4 == 0:  # not of another phase
            self.__dict__["features"] = features
        return tuple(i % 8 for i in range(len(features) // 4))

    def decode_features(self, indices: object) -> np.ndarray:
        return self.__dict__["change"](self.__dict__["features"].copy())


def _score(change: object) -> dict[str, float]:
    model = VQVAE(VQVAEConfig(n_codes=16, code_dim=8, width=8)).eval()
    tokenizer = _Changed(model, Statistics(np.zeros(263), np.ones(263)))
    tokenizer.__dict__["change"] = change
    clip = encode_features(canonicalize(circling_clip(301)))
    with torch.inference_mode():
        return evaluate_reconstruction(tokenizer, [clip]).as_dict()


def test_a_perfect_reconstruction_has_no_error() -> None:
    score = _score(lambda features: features)
    assert score["mpjpe"] == score["world_mpjpe"] == score["acceleration_error"] == 0
    assert score["skate_ratio"] == score["jitter_ratio"] == 1
    assert score["codes_used"] == 0.5
    assert score["perplexity"] == pytest.approx(8, abs=0.1)
    assert score["tokens_a_second"] == pytest.approx(5)


def test_a_shift_of_a_joint_is_its_mean_error_in_millimetres() -> None:
    def shift(features: np.ndarray) -> np.ndarray:
        features[:, Layout(22).ric_positions.start + 1] += 0.022  # one joint of 22, up
        return features

    score = _score(shift)
    for name in ("mpjpe", "local_mpjpe", "world_mpjpe"):
        assert score[name] == pytest.approx(1.0)
    assert score["velocity_error"] == pytest.approx(0, abs=1e-9)


def test_drift_of_the_path_shows_in_the_world_alone() -> None:
    def drift(features: np.ndarray) -> np.ndarray:
        features[:, layout.ROOT_PLANAR_VELOCITY] += 0.01
        return features

    score = _score(drift)
    assert score["world_mpjpe"] > 100
    assert score["mpjpe"] == pytest.approx(0, abs=1e-9)
    assert score["skate_ratio"] != 1


def test_jitter_shows_in_acceleration_and_jerk() -> None:
    def shake(features: np.ndarray) -> np.ndarray:
        features[::2, Layout(22).ric_positions] += 0.01
        return features

    score = _score(shake)
    assert score["jitter_ratio"] > 2
    assert score["acceleration_error"] > 10


def test_only_toes_near_the_ground_count_as_skating() -> None:
    positions = np.zeros((100, 22, 3))
    positions[:, HUMANML3D.feet[1], 0] = 0.01 * np.arange(100)  # slides at 0.2 m/s
    positions[:, HUMANML3D.feet[3], 2] = 0.1 * np.arange(100)
    positions[:, HUMANML3D.feet[3], 1] = 0.3
    assert np.allclose(foot_speeds(positions, HUMANML3D), 0.2)


def test_the_table_has_a_row_for_each_tokenizer() -> None:
    model = VQVAE(VQVAEConfig(n_codes=16, code_dim=8, width=8)).eval()
    tokenizer = MotionTokenizer(model, Statistics(np.zeros(263), np.ones(263)))
    clip = encode_features(canonicalize(circling_clip(101)))
    lines = markdown_table({"one": evaluate_reconstruction(tokenizer, [clip])}).splitlines()
    assert len(lines) == 3
    assert lines[2].startswith("| one |")
    assert all(line.count("|") == lines[0].count("|") for line in lines)
