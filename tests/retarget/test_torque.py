import numpy as np
import pinocchio as pin
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motiongpt.retarget import Robot
from motiongpt.retarget.solve import lowest_sole_heights
from motiongpt.retarget.torque import base_tangents, joint_torques, stretch_for_effort

GRAVITY = 9.81


def _poses(robot: Robot, seed: int, n: int = 4, spread: float = 0.3) -> np.ndarray:
    """Random configurations, the lower sole on the ground."""
    rng = np.random.default_rng(seed)
    q = np.repeat(robot.rest_configuration()[None], n, axis=0)
    q[:, 7:] += spread * rng.normal(size=(n, robot.n_joints))
    q[:, 7:] = np.clip(q[:, 7:], robot.lower, robot.upper)
    q[:, 2] -= lowest_sole_heights(q, robot)
    return q


def _at_rest(q: np.ndarray, robot: Robot):
    still = np.zeros((len(q), robot.model.nv))
    return joint_torques(q, still, still, robot)


def test_standing_upright_is_balanced_and_the_legs_bear_alike(robot: Robot) -> None:
    torques = _at_rest(_poses(robot, 0, 1, 0.0), robot)
    assert np.abs(torques.lack).max() < 0.05
    assert np.allclose(torques.total, torques.gravity)
    names = robot.joint_names
    pitch = [torques.total[0, names.index(f"{s}_ankle_pitch_joint")] for s in ("left", "right")]
    assert pitch[0] == pytest.approx(pitch[1], abs=0.2)


@settings(
    deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(0, 10_000))
def test_at_rest_no_ankle_bears_more_than_the_weight_at_its_soles_edge(
    robot: Robot, seed: int
) -> None:
    torques = _at_rest(_poses(robot, seed), robot)
    lever = max(np.linalg.norm(sole, axis=1).max() for sole in robot.soles)
    weight = pin.computeTotalMass(robot.model) * GRAVITY
    ankles = [k for k, name in enumerate(robot.joint_names) if "ankle" in name]
    assert np.abs(torques.total[:, ankles]).max() <= weight * lever
    assert np.abs(torques.lack[:, :3]).max() < 1e-6  # the weight is borne, friction not needed


def test_a_center_of_mass_outside_the_soles_is_a_lack_and_no_torque(robot: Robot) -> None:
    q = _poses(robot, 0, 40, 0.0)
    angle = np.linspace(0, np.pi / 3, 40)  # the whole robot leans forward about its pelvis
    q[:, 4], q[:, 6] = np.sin(angle / 2), np.cos(angle / 2)
    q[:, 7 + robot.joint_names.index("left_ankle_pitch_joint")] -= angle.clip(0, 0.6)
    q[:, 2] -= lowest_sole_heights(q, robot)
    torques = _at_rest(q, robot)
    weight = pin.computeTotalMass(robot.model) * GRAVITY
    tipping = np.linalg.norm(torques.lack[:, 3:5], axis=1)
    assert tipping[0] < 0.05 and tipping[-1] > 0.05 * weight
    pitch = [k for k, name in enumerate(robot.joint_names) if "ankle_pitch" in name]
    assert np.abs(torques.total[:, pitch]).max() < 0.15 * weight


def test_torques_and_lack_are_those_of_a_hand_at_the_base(robot: Robot) -> None:
    # Torques, the ground's push and the lack together must move the robot as it is told. With the
    # push from Jacobians of Pinocchio, what is left in the base's rows is the lack.
    rng = np.random.default_rng(0)
    q = _poses(robot, 1)
    v, a = rng.normal(0, 0.5, (2, len(q), robot.model.nv))
    torques = joint_torques(q, v, a, robot)
    model, data = robot.model, robot.model.createData()
    for t in range(len(q)):
        tau = pin.rnea(model, data, q[t], v[t], a[t])
        contact = tau[6:] - torques.total[t]
        legs = [k for k in range(robot.n_joints) if "hip" in robot.joint_names[k]
                or "knee" in robot.joint_names[k] or "ankle" in robot.joint_names[k]]  # fmt: skip
        assert np.abs(np.delete(contact, legs)).max() < 1e-9
        # The push on both feet is a wrench on each; a leg of six joints tells it.
        pin.computeJointJacobians(model, data, q[t])
        pushed = np.zeros(6)
        for side in ("left", "right"):
            frame = robot.frames[f"{side}_ankle"]
            J = pin.getFrameJacobian(model, data, frame, pin.ReferenceFrame.WORLD)
            mine = [k for k in legs if robot.joint_names[k].startswith(side)]
            wrench = np.linalg.solve(J[:, [6 + k for k in mine]].T, contact[mine])
            pushed += wrench
        needed = data.oMi[1].act(pin.Force(tau[:6])).vector
        assert np.allclose((needed - pushed)[:3], torques.lack[t, :3], atol=1e-6)
        assert pushed[2] == pytest.approx(max(needed[2], 0.0))


def test_a_base_that_accelerates_needs_a_force(robot: Robot) -> None:
    # A robot that is pushed up at 2 m/s^2 weighs more; one that falls freely weighs nothing.
    q = _poses(robot, 0, 2, 0.0)
    still, a = np.zeros((2, 2, robot.model.nv))
    a[0, 2], a[1, 2] = 2.0, -GRAVITY
    torques = joint_torques(q, still, a, robot)
    knee = robot.joint_names.index("left_knee_joint")
    assert torques.total[0, knee] == pytest.approx(torques.gravity[0, knee] * (1 + 2 / GRAVITY))
    assert np.abs(torques.total[1]).max() < 1e-6


def test_a_bases_tangents_are_derivatives_in_its_own_axes(robot: Robot) -> None:
    t = np.arange(0, 3, 0.01)
    yaw, speed = 0.4 * np.sin(2 * t), 0.8 * np.cos(2 * t)
    base = np.zeros((len(t), 7))
    base[:, 0], base[:, 2] = np.sin(t), 0.7
    base[:, 5], base[:, 6] = np.sin(yaw / 2), np.cos(yaw / 2)
    v, a = base_tangents(base, 0.01)
    inside = slice(20, -20)
    assert np.allclose(v[inside, 0], (np.cos(t) * np.cos(yaw))[inside], atol=0.02)
    assert np.allclose(v[inside, 5], speed[inside], atol=0.02)
    assert np.allclose(a[inside], np.gradient(v, 0.01, axis=0)[inside], atol=0.05)


def test_slowing_as_much_as_is_asked_brings_torques_under_their_limits(robot: Robot) -> None:
    rng = np.random.default_rng(3)
    q = _poses(robot, 2, 30, 0.1)
    v, a = rng.normal(0, 2.0, (2, 30, robot.model.nv))
    a *= 8
    limit = 0.98 * robot.effort_limit
    assert (np.abs(joint_torques(q, v, a, robot).total) > limit).any(axis=1).mean() > 0.5
    slower = stretch_for_effort(q, v, a, robot, limit, 100.0)[:, None]
    after = joint_torques(q, v / slower, a / slower**2, robot)
    curable = (np.abs(after.gravity) < 0.75 * limit).all(axis=1)
    assert curable.sum() > 10
    assert (np.abs(after.total[curable]) <= 1.03 * limit).all()
    assert (slower >= 1).all()
