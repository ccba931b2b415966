from pathlib import Path

import numpy as np
import pytest

from motiongpt.errors import RetargetError
from motiongpt.retarget import JointState, Robot, plan_trajectory
from motiongpt.retarget.export import write_csv, write_npz
from tests.retarget.figures import gesture


def test_files_hold_the_trajectory(robot: Robot, tmp_path: Path) -> None:
    rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
    trajectory = plan_trajectory(gesture(12), robot, rest, rate=60)
    write_csv(trajectory, tmp_path / "motion.csv")
    rows = np.loadtxt(tmp_path / "motion.csv", delimiter=",")
    assert rows.shape == (len(trajectory.times[::2]), 7 + robot.n_joints)
    assert np.allclose(rows[:, 7:], trajectory.positions[::2], atol=1e-6)
    assert np.allclose(rows[:, :7], trajectory.base[::2], atol=1e-6)
    write_npz(trajectory, tmp_path / "motion.npz")
    with np.load(tmp_path / "motion.npz") as stored:
        assert np.array_equal(stored["velocities"], trajectory.velocities)
        assert tuple(stored["joint_names"]) == robot.joint_names
    with pytest.raises(RetargetError, match="cannot be written"):
        write_csv(trajectory, tmp_path / "no" / "motion.csv")
    with pytest.raises(RetargetError, match="cannot be written"):
        write_npz(trajectory, tmp_path / "no" / "motion.npz")
    with pytest.raises(RetargetError, match="allowed: more than 0"):
        write_csv(trajectory, tmp_path / "motion.csv", fps=0)


def test_columns_of_a_g1_are_those_of_unitrees_data_set(robot: Robot) -> None:
    leg = ("hip_pitch", "hip_roll", "hip_yaw", "knee", "ankle_pitch", "ankle_roll")
    arm = ("shoulder_pitch", "shoulder_roll", "shoulder_yaw", "elbow")
    arm = (*arm, "wrist_roll", "wrist_pitch", "wrist_yaw")
    expected = [f"{side}_{name}" for side in ("left", "right") for name in leg]
    expected += [f"waist_{axis}" for axis in ("yaw", "roll", "pitch")]
    expected += [f"{side}_{name}" for side in ("left", "right") for name in arm]
    assert robot.joint_names == tuple(f"{name}_joint" for name in expected)
