import numpy as np

from motiongpt.lm.balance import draw_weights


def test_examples_of_rare_words_weigh_more() -> None:
    captions = [["walk"]] * 985 + [["a bow", "walk and bow"]] * 5 + [["walk qwxz"]] * 10
    weights = draw_weights(captions)
    assert np.allclose(weights[:985], 1)
    assert np.allclose(weights[985:990], 2)  # the root of 20 over 5
    assert np.allclose(weights[990:], 2**0.5)


def test_a_word_that_is_met_once_does_not_count() -> None:
    assert np.allclose(draw_weights([["walk"]] * 999 + [["walk walkk"]]), 1)
