"""Speed and quality of retargeting to the Unitree G1, self-collision on, one thread."""

import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np

from benchmarks.timing import Row
from motiongpt.motion.motion import Motion
from motiongpt.retarget import (
    JointState,
    OnlineRetargeter,
    Robot,
    RobotMotion,
    count_violations,
    load_robot,
    plan_trajectory,
    retarget,
)
from motiongpt.retarget.measures import CollisionChecker, jerk, measure_tracking

HOSTILE_POINTS = 100_000
COLLISION_STRIDE = 5
"""Every so many frames the meshes are checked for collision."""

SOME = 20
"""Clips of which the slower parts are measured."""


def measure(clips: list[np.ndarray]) -> list[Row]:
    """Retarget all clips once for quality, and time it by the processor's clock.

    Args:
        clips: joint positions (T, 22, 3) in [m], y up.
    """
    robot = load_robot("unitree_g1")
    motions = [Motion.from_y_up(clip) for clip in clips]
    retarget(motions[0], robot)
    wall, cpu = time.perf_counter(), time.process_time()
    followed = [retarget(motion, robot) for motion in motions]
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    n = sum(motion.n_frames for motion in motions)
    return [
        ("frames retargeted", f"{n:,}"),
        ("frames a second of processor time", f"{n / cpu:,.0f}"),
        ("frames a second on the clock, whatever else ran", f"{n / wall:,.0f}"),
        *_quality(motions, followed, robot),
        *_collisions(followed, robot),
        ("heading: largest change of a joint", _heading(motions[:SOME], followed, robot)),
        *_plans(motions[:: max(len(motions) // SOME, 1)], robot),
        ("one frame at a time", _online(motions[0], robot)),
        (f"violations in {HOSTILE_POINTS:,} points of hostile input", _hostile(motions, robot)),
        ("peak memory", _memory(clips)),
    ]


def _quality(motions: list[Motion], followed: list[RobotMotion], robot: Robot) -> list[Row]:
    found = [measure_tracking(m, f, robot) for m, f in zip(motions, followed, strict=True)]
    bones = np.degrees(np.concatenate([t.bones for t in found]))
    torso, pelvis = (
        np.degrees(np.concatenate([getattr(t, name) for t in found]))
        for name in ("torso", "pelvis")
    )
    skate = 100 * np.concatenate([t.skate for t in found])
    depth, floating = (
        1000 * np.concatenate([getattr(t, name) for t in found])
        for name in ("penetration", "floating")
    )
    joints = [f.q[:, 7:] for f in followed]
    steps = [np.abs(np.diff(q, axis=0)) * f.fps for q, f in zip(joints, followed, strict=True)]
    speed = max(step.max(initial=0.0) for step in steps)
    jerks = np.concatenate([jerk(q, f.fps).ravel() for q, f in zip(joints, followed, strict=True)])
    return [
        ("bone direction", f"{bones.mean():.2f} deg mean, {np.percentile(bones, 95):.2f} p95"),
        ("torso, pelvis", f"{torso.mean():.2f} deg, {pelvis.mean():.2f} deg mean"),
        ("skate of standing feet", f"{skate.mean():.3f} cm/s mean, {skate.max():.1f} max"),
        ("penetration", f"{depth.mean():.3f} mm mean, {depth.max():.2f} max"),
        ("floating of standing feet", f"{floating.mean():.2f} mm mean, {floating.max():.1f} max"),
        ("peak joint speed before retiming", f"{speed:.1f} rad/s"),
        ("jerk before retiming", f"{np.sqrt((jerks**2).mean()):.0f} rad/s^3 rms"),
    ]


def _collisions(followed: list[RobotMotion], robot: Robot) -> list[Row]:
    """Share of frames in which meshes touch, in all and by pair of limbs; legs even if never."""
    checker = CollisionChecker(robot)
    q = np.concatenate([f.q for f in followed])[::COLLISION_STRIDE]
    touching = [checker.touching_limbs(c) for c in q if checker.collides(c)]
    pairs = Counter(pair for limbs in touching for pair in limbs)
    pairs[("left leg", "right leg")] += 0
    shares = [f"{a} - {b} {100 * n / len(q):.2f} %" for (a, b), n in pairs.most_common()]
    return [
        (
            "self-collision of the meshes",
            f"{100 * len(touching) / len(q):.2f} % of {len(q):,} frames",
        ),
        ("by pair of limbs", ", ".join(shares)),
    ]


def _heading(motions: list[Motion], followed: list[RobotMotion], robot: Robot) -> str:
    c, s = np.cos(2.0), np.sin(2.0)
    turn = np.array([[c, s, 0], [-s, c, 0], [0, 0, 1]])
    change = [
        np.abs(retarget(Motion(m.positions @ turn, m.fps), robot).q[:, 7:] - f.q[:, 7:]).max()
        for m, f in zip(motions, followed, strict=False)
    ]
    return f"{max(change):.1e} rad"


def _plans(motions: list[Motion], robot: Robot) -> list[Row]:
    rest = JointState(robot.rest_pose, np.zeros(robot.n_joints))
    cpu = time.process_time()
    plans = [plan_trajectory(motion, robot, rest) for motion in motions]
    cpu = time.process_time() - cpu
    n = sum(motion.n_frames for motion in motions)
    slower = [plan.slowdown for plan in plans]
    peak = max(np.abs(plan.velocities).max() for plan in plans)
    bad = sum(count_violations(plan, robot).total for plan in plans)
    return [
        ("with entry, torques, retiming, 50 Hz", f"{n / cpu:,.0f} frames/s of processor time"),
        ("slowed by", f"{np.mean(slower):.2f} mean, {max(slower):.2f} max"),
        ("peak joint speed of the trajectory", f"{peak:.2f} rad/s"),
        ("violations in these trajectories", f"{bad}"),
    ]


def _online(motion: Motion, robot: Robot) -> str:
    online = OnlineRetargeter(robot, motion.fps)
    times = []
    for pose in motion.positions:
        began = time.process_time()
        online.push(pose)
        times.append(time.process_time() - began)
    p50, p99 = np.percentile(1000 * np.array(times[1:]), [50, 99])
    return f"{p50:.1f} ms (p50), {p99:.1f} ms (p99) of processor time"


def _hostile(motions: list[Motion], robot: Robot) -> str:
    """Teleports, spins, upside-down, noise and random joints, from random states."""
    rng = np.random.default_rng(0)
    points = violations = 0
    middle, half = (robot.lower + robot.upper) / 2, (robot.upper - robot.lower) / 2
    while points < HOSTILE_POINTS:
        p = motions[rng.integers(len(motions))].positions[:40]
        kind = rng.integers(5)
        if kind == 0:
            p = p + rng.normal(0, 5, (len(p), 1, 3))
        elif kind == 1:
            a = 1.5 * np.arange(len(p))
            x = np.cos(a)[:, None] * p[..., 0] - np.sin(a)[:, None] * p[..., 1]
            y = np.sin(a)[:, None] * p[..., 0] + np.cos(a)[:, None] * p[..., 1]
            p = np.stack([x, y, p[..., 2]], axis=-1)
        elif kind == 2:
            p = p * [1, 1, -1]
        elif kind == 3:
            p = p + rng.normal(0, 0.3, p.shape)
        else:
            p = rng.uniform(-1, 1, p.shape)
        state = JointState(
            middle + 0.3 * half * rng.uniform(-1, 1, robot.n_joints),
            3 * rng.uniform(-1, 1, robot.n_joints),
        )
        plan = plan_trajectory(Motion(p), robot, state)
        points += len(plan.times)
        violations += count_violations(plan, robot).total
    return f"{violations}"


def _memory(clips: list[np.ndarray]) -> str:
    """Of a process that does nothing but retarget all clips."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clips.npz"
        np.savez(path, *clips)
        child = subprocess.run(
            [sys.executable, "-m", "benchmarks.retarget", str(path)],
            capture_output=True,
            text=True,
            check=True,
        )
    return child.stdout.strip()


def _retarget_file(path: str) -> None:
    robot = load_robot("unitree_g1")
    with np.load(path) as clips:
        for name in clips.files:
            retarget(Motion.from_y_up(clips[name]), robot)
    # Not getrusage: its peak is that of the process that started this one, if that was larger.
    status = Path("/proc/self/status").read_text()
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    print(f"{int(peak.split()[1]) / 1024:.0f} MB")


if __name__ == "__main__":
    _retarget_file(sys.argv[1])
