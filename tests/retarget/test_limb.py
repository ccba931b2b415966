import numpy as np
import pytest

from motiongpt.retarget import limb
from motiongpt.retarget.limb import _projected_step


def _steps(q: np.ndarray) -> np.ndarray:
    """Steps (6, 500) of random systems whose joints have the limits -1 and 1."""
    rng = np.random.default_rng(0)
    J = rng.normal(size=(500, 6, 8))
    H, g = J @ J.transpose(0, 2, 1), 20 * rng.normal(size=(500, 6))
    ones = np.ones((6, 1))
    return _projected_step(H, g, np.full(500, 1e-3), q, -ones, ones)


def _at_limits() -> np.ndarray:
    rng = np.random.default_rng(1)
    return np.where(rng.uniform(size=(6, 500)) < 0.5, rng.choice([-1.0, 1.0], (6, 500)), 0.0)


def test_a_joint_is_at_its_limit_whatever_rounding_says() -> None:
    q = _at_limits()
    assert np.allclose(_steps(q), _steps(q * (1 - 1e-15)), atol=1e-9)


def test_without_a_tolerance_rounding_would_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limb, "AT_LIMIT", 0.0)
    q = _at_limits()
    assert np.abs(_steps(q) - _steps(q * (1 - 1e-15))).max() > 1e-3


def test_steps_stay_inside_limits() -> None:
    q = _at_limits()
    assert (np.abs(q + _steps(q)) <= 1 + 1e-12).all()
