import pytest

from motiongpt.retarget import Robot, load_robot


@pytest.fixture(scope="session")
def robot() -> Robot:
    return load_robot("unitree_g1")
