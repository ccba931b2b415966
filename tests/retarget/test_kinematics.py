import numpy as np
import pinocchio as pin
import pytest

from motiongpt.errors import RobotError
from motiongpt.retarget import Robot
from motiongpt.retarget.kinematics import build_kinematics


def _random_configurations(robot: Robot, n: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    q = np.array([pin.neutral(robot.model) for _ in range(n)])
    q[:, :3] = rng.normal(size=(n, 3))
    turns = rng.normal(size=(n, 4))
    q[:, 3:7] = turns / np.linalg.norm(turns, axis=1, keepdims=True)
    q[:, 7:] = rng.uniform(robot.lower, robot.upper, (n, robot.n_joints))
    return q


def test_every_frame_is_where_pinocchio_puts_it(robot: Robot) -> None:
    model, tree = robot.model, build_kinematics(robot.model)
    q = _random_configurations(robot, 7)
    R = np.array([pin.Quaternion(*c[[6, 3, 4, 5]]).toRotationMatrix() for c in q])
    placed = tree.place(q[:, 7:].T, R.transpose(2, 1, 0), q[:, :3].T)
    data = model.createData()
    for t, configuration in enumerate(q):
        pin.framesForwardKinematics(model, data, configuration)
        for index in range(1, model.nframes):
            at = tree.locate(model, index)
            assert np.allclose(placed.point(at)[:, t], data.oMf[index].translation, atol=1e-12)
            assert np.allclose(placed.axes(at)[..., t].T, data.oMf[index].rotation, atol=1e-12)


def test_a_chain_is_the_joints_between_two_links(robot: Robot) -> None:
    tree = build_kinematics(robot.model)
    ends = [tree.locate(robot.model, robot.frames[name]).link for name in ("torso", "left_wrist")]
    names = [robot.joint_names[joint] for joint in tree.chain(*ends)]
    assert names[0] == "left_shoulder_pitch_joint" and names[-1] == "left_wrist_yaw_joint"
    assert len(names) == 7


def test_a_joint_that_slides_is_refused() -> None:
    model = pin.Model()
    root = model.addJoint(0, pin.JointModelFreeFlyer(), pin.SE3.Identity(), "root")
    model.addJoint(root, pin.JointModelPZ(), pin.SE3.Identity(), "lift")
    with pytest.raises(RobotError, match="'lift' slides"):
        build_kinematics(model)
