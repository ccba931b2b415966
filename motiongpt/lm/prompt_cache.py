"""Keys and values of prompts that were read lately: a beginning they share is not read again."""

from dataclasses import dataclass
from typing import Any

from torch import Tensor


@dataclass(frozen=True)
class KnownPrompt:
    """A prompt that has been read; nothing writes into its array.

    Attributes:
        ids: its n token ids.
        cache: keys and values, (layers, 1, 2 * key-value heads, n, channels).
        logits: of the answers after it, shape (A,).
    """

    ids: tuple[int, ...]
    cache: Any
    logits: Tensor


class PromptCache:
    """The latest prompts, of no more tokens in all than given.

    Several threads may use it: the prompts are a tuple that is only ever replaced as a whole, so
    that the worst a race does is to forget one.
    """

    def __init__(self, max_tokens: int) -> None:
        """Keep no more than this, for instance one context."""
        self.max_tokens = max_tokens
        self._prompts: tuple[KnownPrompt, ...] = ()

    def nearest(self, ids: tuple[int, ...]) -> tuple[KnownPrompt | None, int]:
        """The prompt that shares most tokens with the beginning of `ids`, and how many."""
        found, most = None, 0
        for prompt in self._prompts:
            n = _n_shared(prompt.ids, ids)
            if n > most or n == len(ids) == len(prompt.ids):
                found, most = prompt, n
        return found, most

    def add(self, prompt: KnownPrompt) -> None:
        """Keep a prompt, and forget the oldest for it."""
        kept, n_tokens = [prompt], len(prompt.ids)
        for older in self._prompts:
            n_tokens += len(older.ids)
            if n_tokens > self.max_tokens:
                break
            kept.append(older)
        self._prompts = tuple(kept)


def _n_shared(one: tuple[int, ...], other: tuple[int, ...]) -> int:
    """Tokens that two prompts share from the beginning on."""
    n = 0
    for a, b in zip(one, other, strict=False):
        if a != b:
            break
        n += 1
    return n
