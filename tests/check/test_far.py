from motiongpt.check.far import FAR
from motiongpt.check.report import run_check
from motiongpt.motion.motion import Motion
from tests.retarget.figures import gesture


def test_what_cannot_be_done_is_done_right_by_refusing_it() -> None:
    assert run_check(lambda text, seed: None, commands=FAR).n_right == len(FAR)


def test_a_motion_for_it_is_wrong() -> None:
    def generate(text: str, seed: int) -> Motion:
        return gesture()

    assert run_check(generate, commands=FAR).n_right == 0
