"""How often each example is drawn, so that rare actions are learnt too."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from motiongpt.lm.command import split_words

COMMON_SHARE = 0.02
"""A word in this share of all examples or more is common: its examples get weight 1."""

MIN_EXAMPLES = 5
"""A word in fewer examples than this is taken as a chance and does not count."""


def draw_weights(captions: Sequence[Sequence[str]]) -> np.ndarray:
    """Weight of each example: the root of how rare its rarest word is.

    Args:
        captions: the captions of each of n examples.

    Returns:
        Weights (n,), 1 for common words and more for rare ones.
    """
    words = [{word for caption in of_one for word in split_words(caption)} for of_one in captions]
    counts = Counter(word for of_one in words for word in of_one)
    common = COMMON_SHARE * len(captions)
    weights = np.ones(len(captions))
    for index, of_one in enumerate(words):
        kept = [counts[word] for word in of_one if counts[word] >= MIN_EXAMPLES]
        weights[index] = max(1.0, (common / min(kept)) ** 0.5) if kept else 1.0
    return weights
