"""Answers that grow side by side, each id read once."""

import numpy as np

from motiongpt.errors import LanguageModelError
from motiongpt.lm.engine import Engine, Reading


class Rows:
    """Answers to the same prompts, side by side: n with the text and, if guided, n without."""

    def __init__(self, engine: Engine, prompts: list[list[int]], n: int, longest: int) -> None:
        """Begin to answer.

        Args:
            engine: reads token ids.
            prompts: token ids with the text and, if guided, without.
            n: answers to each.
            longest: most token ids an answer can have.

        Raises:
            LanguageModelError: if prompt and answer exceed the context.
        """
        self._n_prompt = max(map(len, prompts))
        if self._n_prompt + longest > engine.context:
            raise LanguageModelError(
                f"a prompt of {self._n_prompt} tokens and {longest} for the answer exceed "
                f"the context of {engine.context}; shorten the text"
            )
        self._engine, self._n = engine, n
        self._unread = [list(prompt) for prompt in prompts for _ in range(n)]
        self._reading: Reading = engine.start(self._n_prompt + longest, len(self._unread))

    def ask(self, guidance: float) -> np.ndarray:
        """Logits (n, A) of the answers that may come next.

        Raises:
            LanguageModelError: if one is not finite.
        """
        logits = self._engine.read(self._reading, self._unread).float().cpu().numpy()
        self._unread = [[] for _ in self._unread]
        if not np.isfinite(logits).all():
            n_read = self._reading.length - self._n_prompt
            raise LanguageModelError(f"the model's logits at token {n_read} are not finite")
        if len(logits) == self._n:
            return logits
        told, untold = logits[: self._n], logits[self._n :]
        return untold + guidance * (told - untold)

    def append(self, ids: list[int]) -> None:
        """Add an id to each of the n answers, which is read when they are asked next."""
        for at, row in enumerate(self._unread):
            row.append(ids[at % self._n])

    def keep(self, places: list[int]) -> None:
        """Go on with some of the n answers alone."""
        if not places:
            return
        rows = [at for at in range(len(self._unread)) if at % self._n in places]
        self._unread = [self._unread[at] for at in rows]
        self._reading, self._n = self._reading.take(rows), len(places)
