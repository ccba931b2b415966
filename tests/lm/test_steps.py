import pytest

from motiongpt.lm.steps import split_steps


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("walk forward, then bow, then wave", ("walk forward", "bow", "wave")),
        ("He jumps. He turns around.", ("He jumps", "He turns around")),
        ("step back; raise your left hand, and finally bow",)
        + (("step back", "raise your left hand", "bow"),),
        ("a man walks then waves both hands", ("a man walks", "a man waves both hands")),
        ("a man walks, next, he bows", ("a man walks", "he bows")),
    ],
)
def test_words_that_say_what_follows_split(text: str, steps: tuple[str, ...]) -> None:
    assert split_steps(text) == steps


@pytest.mark.parametrize("text", ["walk and wave", "stand next to a wall", "then", "bow."])
def test_other_texts_are_one_step(text: str) -> None:
    assert len(split_steps(text)) == 1


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("walk forward, then turn left, then wave", ("walk forward, then turn left", "wave")),
        ("A man strolls and then takes a right.", ("A man strolls, then takes a right",)),
        ("squat down low, then stand upright", ("squat down low, then stand upright",)),
        ("walk on, then swing your left arm", ("walk on", "swing your left arm")),
        ("wave, then turn left", ("wave", "turn left")),
        ("walk on, then stand still", ("walk on", "stand still")),
    ],
)
def test_a_turn_belongs_to_the_walk_before_it(text: str, steps: tuple[str, ...]) -> None:
    assert split_steps(text) == steps
