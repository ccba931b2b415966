"""The rows beside the model's: what any good model must beat, and what none can."""

from dataclasses import dataclass

import numpy as np

from motiongpt.evaluate.test_set import RealClip, Request
from motiongpt.matching.meanings import core, word_vectors


@dataclass(frozen=True)
class NearestCaption:
    """Gives the training clip whose caption has the words that are most like a text's.

    Attributes:
        clips: the training clips.
        owners: clip of each caption.
        captions: all captions, their subjects taken out.
    """

    clips: tuple[RealClip, ...]
    owners: np.ndarray
    captions: tuple[str, ...]

    @classmethod
    def of(cls, clips: tuple[RealClip, ...]) -> "NearestCaption":
        """Index the captions of training clips."""
        said = [(i, core(c.text)) for i, clip in enumerate(clips) for c in clip.captions]
        return cls(clips, np.array([i for i, _ in said]), tuple(text for _, text in said))

    def find(self, requests: tuple[Request, ...]) -> list[RealClip]:
        """A training clip for each request; of several with the same caption, one by its seed."""
        asked = [core(request.caption.text) for request in requests]
        vectors = word_vectors([*self.captions, *asked])
        known, wanted = vectors[: len(self.captions)], vectors[len(self.captions) :]
        found = []
        for request, row in zip(requests, (wanted @ known.T).toarray(), strict=True):
            best = np.flatnonzero(row >= row.max() - 1e-6)
            found.append(self.clips[self.owners[best[request.seed % len(best)]]])
        return found


def shuffle(requests: tuple[Request, ...], seed: int) -> tuple[int, ...]:
    """An order of requests in which none stands at its own place."""
    order = np.random.default_rng(seed).permutation(len(requests))
    shifted = np.empty_like(order)
    shifted[order] = np.roll(order, 1)
    return tuple(int(i) for i in shifted)
