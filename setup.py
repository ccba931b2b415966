"""One package for pip and colcon: the library `motiongpt` and the nodes `motiongpt_ros`."""

import re
from pathlib import Path

from setuptools import find_packages, setup

ROOT = Path(__file__).parent
NODES = "ros2_ws/src/motiongpt_ros/motiongpt_ros"
VERSION = re.search(r'__version__ = "(.+)"', (ROOT / "motiongpt/__init__.py").read_text()).group(1)


def files(pattern: str) -> list[str]:
    """Files of the source tree, relative to it."""
    return sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))


setup(
    name="motiongpt_ros",
    version=VERSION,
    description="Drive a humanoid robot with words: text to joint trajectories.",
    long_description=(ROOT / "README.md").read_text(),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    maintainer="MotionGPT for ROS 2 developers",
    maintainer_email="motiongpt-ros@users.noreply.github.com",
    packages=[*find_packages(include=["motiongpt", "motiongpt.*"]), "motiongpt_ros"],
    package_dir={"motiongpt_ros": NODES},
    package_data={
        "motiongpt": [
            "models/*/*",
            "models/*/*/*",
            "matching/sayings.json",
            "motion/sources/maps/*.yaml",
        ]
    },
    data_files=[
        ("share/ament_index/resource_index/packages", ["resource/motiongpt_ros"]),
        ("share/motiongpt_ros", ["package.xml"]),
        ("share/motiongpt_ros/launch", files("launch/*.launch.py")),
        ("share/motiongpt_ros/config", files("config/*.yaml")),
        ("share/motiongpt_ros/rviz", files("rviz/*.rviz")),
        ("share/motiongpt_ros/robots", files("robots/*.yaml")),
    ],
    python_requires=">=3.10",
    install_requires=[
        "setuptools",
        "torch>=2.6",
        "transformers>=5.0",
        "accelerate>=1.10",
        "peft>=0.21",
        "tokenizers>=0.22",
        "safetensors>=0.5",
        "numpy>=2.0",
        "scipy>=1.13",
        "tyro>=1.0",
        "rich>=13",
        "pyyaml>=6",
        "pin>=3.0",
        "example-robot-data>=4.3",
        "mujoco>=3.2",
        "opencv-python-headless>=4.10",
        "tensorboard>=2.18",
        "psutil>=5.9",
    ],
    extras_require={
        "c3d": ["c3d>=0.6"],
        "quantized": ["bitsandbytes>=0.46"],
        "peers": ["diffusers>=0.35"],
        "record": ["rosbags>=0.11"],
        "test": ["pytest", "pytest-xdist", "hypothesis", "c3d>=0.6", "rosbags>=0.11", "cyclonedds"],
    },
    zip_safe=False,
    entry_points={
        "console_scripts": [
            "motiongpt = motiongpt.cli:main",
            "motiongpt_node = motiongpt_ros.motion_node:main",
            "motiongpt_say = motiongpt_ros.say:main",
            "motiongpt_sim = motiongpt_ros.sim_node:main",
            "motiongpt_record = motiongpt_ros.recorder:main",
            "motiongpt_replay = motiongpt_ros.replay:main",
            "motiongpt_g1 = motiongpt_ros.g1_bridge:main",
            "motiongpt_follow = motiongpt_ros.follow_action:main",
            "motiongpt_demo = motiongpt_ros.demo:main",
        ],
    },
)
