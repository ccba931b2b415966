import numpy as np
import pytest

from motiongpt.retarget import Robot
from motiongpt.retarget.limb import solve_limb
from motiongpt.retarget.tasks import AxisDirection, BoneDirection, PointPosition, Task

N_FRAMES = 6


def _unit(rng: np.random.Generator) -> np.ndarray:
    vectors = rng.normal(size=(3, N_FRAMES))
    return vectors / np.linalg.norm(vectors, axis=0)


def _tasks(robot: Robot) -> list[Task]:
    body, rng = robot.body, np.random.default_rng(1)
    points = body.points
    return [
        BoneDirection(points["left_hip"], points["left_knee"], _unit(rng), 1.0),
        BoneDirection(points["left_knee"], points["left_ankle"], _unit(rng), rng.uniform(size=6)),
        AxisDirection(body.feet[0].link, body.feet[0].forward, _unit(rng), 0.3),
        PointPosition(body.feet[0].toe, rng.normal(size=(3, N_FRAMES)), 2.0),
        body.clearances[0],
    ]


@pytest.mark.parametrize("index", range(5))
def test_jacobians_agree_with_finite_differences(robot: Robot, index: int) -> None:
    body, task = robot.body, _tasks(robot)[index]
    joints = body.arms[0].joints if index == 4 else body.legs[0].joints
    rng = np.random.default_rng(2)
    q = np.repeat(robot.rest_pose[:, None], N_FRAMES, axis=1)
    q[joints] += rng.uniform(-0.2, 0.2, (len(joints), N_FRAMES))
    if index == 4:  # the left forearm lies in the torso
        q[joints] += np.array([0.3, -0.6, 0.9, -0.9])[:, None]
    eye = np.repeat(np.eye(3)[..., None], N_FRAMES, axis=2)
    placed = body.tree.place(q, eye, np.zeros((3, N_FRAMES)))
    error, J = task.rows(body.tree, placed, joints)
    assert np.abs(error).max() > 0
    for k in range(len(joints)):
        moved = q[joints].copy()
        moved[k] += 1e-6
        body.tree.move(placed, joints, moved)
        after, _ = task.rows(body.tree, placed, joints)
        slope = J[:, k]
        if index == 4:  # the order of the closest pairs is free
            slope = np.take_along_axis(slope, np.argsort(error, axis=0), axis=0)
            after = np.sort(after, axis=0)
            before = np.sort(error, axis=0)
        else:
            before = error
        assert np.allclose((before - after) / 1e-6, slope, atol=2e-4)


def test_a_limb_finds_a_reachable_pose_and_keeps_limits_at_others(robot: Robot) -> None:
    body, limb = robot.body, robot.body.legs[0]
    rng = np.random.default_rng(3)
    wanted = np.repeat(robot.rest_pose[:, None], N_FRAMES, axis=1)
    inside = np.linspace(0.4, 0.6, N_FRAMES) * (limb.upper - limb.lower)[:, None]
    wanted[limb.joints] = limb.lower[:, None] + inside
    eye = np.repeat(np.eye(3)[..., None], N_FRAMES, axis=2)
    placed = body.tree.place(wanted, eye, np.zeros((3, N_FRAMES)))
    foot = body.feet[0]
    tasks: list[Task] = [
        PointPosition(foot.toe, placed.point(foot.toe), 1.0),
        AxisDirection(foot.link, foot.forward, placed.axis(foot.link, foot.forward), 1.0),
        AxisDirection(foot.link, foot.left, placed.axis(foot.link, foot.left), 1.0),
    ]
    near = wanted[limb.joints] + rng.uniform(-0.1, 0.1, (len(limb.joints), N_FRAMES))
    _, cost = solve_limb(body.tree, placed, limb, tasks, near, near, 0.0, 20)
    assert cost.max() < 1e-8
    far: list[Task] = [PointPosition(foot.toe, 5 * _unit(rng), 1.0)]
    q, _ = solve_limb(body.tree, placed, limb, far, near, near, 0.0, 20)
    assert (q >= limb.lower[:, None]).all() and (q <= limb.upper[:, None]).all()
