"""Reads token ids with a LLaMA: rows of them side by side, and only wanted logits.

It knows token ids, not text. `motiongpt.lm.torch_engine` and `motiongpt.lm.cpu_engine` do the
arithmetic.
"""

from abc import ABC, abstractmethod
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from transformers import LlamaForCausalLM

from motiongpt.errors import LanguageModelError
from motiongpt.lm.prompt_cache import KnownPrompt, PromptCache

LEAST_SHARED = 16
"""A shorter beginning is read again: to read in other parts rounds otherwise (2e-6 in a logit)."""


@dataclass
class Reading:
    """What rows of tokens have been read so far: keys and values of each layer.

    Rows end at the same place, so that a shorter prompt begins later.

    Attributes:
        cache: (layers, n_rows, 2 * key-value heads, capacity, channels), keys before values.
        padding: empty places before each row's first token.
        capacity: most tokens that the longest row can have.
        length: places filled.
        space: arrays that an engine computes in, token by token; None if it needs none.
    """

    cache: Any
    padding: list[int]
    capacity: int
    length: int = field(default=0, kw_only=True)
    space: Any = field(default=None, kw_only=True, repr=False)

    @property
    def n_rows(self) -> int:
        """Rows that are read side by side."""
        return len(self.padding)

    def take(self, rows: list[int]) -> "Reading":
        """A copy of some rows in any order, to drop finished ones or to go on in several ways.

        Raises:
            LanguageModelError: for no row, or one that is not there.
        """
        if not rows or not all(0 <= row < self.n_rows for row in rows):
            raise LanguageModelError(f"rows {rows}; allowed: some of 0 to {self.n_rows - 1}")
        padding = [self.padding[row] for row in rows]
        return Reading(self.cache[:, rows], padding, self.capacity, length=self.length)


@dataclass(frozen=True)
class EngineSizes:
    """What an engine needs of a model's configuration."""

    context: int
    layers: int
    heads: int
    kv_heads: int
    channels: int
    eps: float

    @classmethod
    def of(cls, model: LlamaForCausalLM) -> "EngineSizes":
        """Read them."""
        config = model.config
        heads = int(config.num_attention_heads)
        return cls(
            context=int(config.max_position_embeddings),
            layers=int(config.num_hidden_layers),
            heads=heads,
            kv_heads=int(config.num_key_value_heads or heads),
            channels=int(config.head_dim or config.hidden_size // heads),
            eps=float(config.rms_norm_eps),
        )


@torch.inference_mode()
def rotary_angles(rotary: nn.Module, like: Tensor, n: int) -> tuple[Tensor, Tensor]:
    """Cosines and sines (n, channels) of the first positions; device and dtype are of `like`."""
    cosines, sines = rotary(like, torch.arange(n, device=like.device)[None])
    return cosines[0], sines[0]


class Engine(ABC):
    """Reads token ids and gives the logits of those that may come next.

    Attributes:
        sizes: of the model.
        context: most tokens that can be read.
    """

    sizes: EngineSizes
    context: int

    def __init__(self, model: LlamaForCausalLM, like: Tensor) -> None:
        """Prepare for a model in eval mode, with angles in device and dtype of a tensor."""
        self.sizes = EngineSizes.of(model)
        self.context = self.sizes.context
        self._prompts = PromptCache(self.context)
        self._rotary, self._like = model.model.rotary_emb, like
        self._n_angles = 0

    def with_answers(self, answers: list[int]) -> "Engine":
        """The same model, not copied, asked for the logits of other ids."""
        other = copy(self)
        other._prompts = PromptCache(self.context)
        other._ask_for(answers)
        return other

    @abstractmethod
    def _ask_for(self, answers: list[int]) -> None:
        """Give the logits of these ids from now on."""

    def start(self, capacity: int, n_rows: int = 1) -> Reading:
        """Begin to read rows of up to `capacity` tokens.

        Raises:
            LanguageModelError: if that is more than the context, or there is no row.
        """
        if not 0 < capacity <= self.context:
            raise LanguageModelError(f"{capacity} tokens; the context has {self.context}")
        if n_rows < 1:
            raise LanguageModelError(f"{n_rows} rows; allowed: 1 or more")
        if capacity > self._n_angles:
            self._keep_angles(*rotary_angles(self._rotary, self._like, capacity))
            self._n_angles = capacity
        return self._empty(capacity, n_rows)

    def read(self, reading: Reading, ids: list[list[int]]) -> Tensor:
        """Read more tokens.

        What is read first are prompts. They may differ in length. A recent prompt is not computed
        again, nor is a longer beginning that a prompt shares with one.

        Args:
            reading: what was read before; the new tokens are added.
            ids: token ids of each row; after the prompts, equally many of each.

        Returns:
            Logits (n_rows, A) of the answers after the last of them.

        Raises:
            LanguageModelError: if they do not fit the rows or exceed the capacity.
        """
        if len(ids) != reading.n_rows:
            raise LanguageModelError(f"ids for {len(ids)} rows; the reading has {reading.n_rows}")
        left = reading.capacity - reading.length
        for row in ids:
            if not 0 < len(row) <= left:
                raise LanguageModelError(
                    f"{len(row)} tokens after {reading.length}; allowed: 1 to {left}"
                )
        if reading.length == 0:
            return self._read_prompts(reading, ids)
        if len({len(row) for row in ids}) > 1:
            raise LanguageModelError(
                f"rows of {', '.join(str(len(row)) for row in ids)} tokens after the prompts; "
                "allowed: equally many"
            )
        logits = self._read(reading, ids)
        reading.length += len(ids[0])
        return logits

    def forget_prompts(self) -> None:
        """Free the memory of the prompts that were read."""
        self._prompts = PromptCache(self.context)

    def _read_prompts(self, reading: Reading, prompts: list[list[int]]) -> Tensor:
        """Read each prompt by itself, and lay them side by side with their ends together."""
        known = [self._read_prompt(tuple(prompt)) for prompt in prompts]
        end = max(map(len, prompts))
        for row, prompt in enumerate(known):
            begin = reading.padding[row] = end - len(prompt.ids)
            reading.cache[:, row, :, begin:end] = prompt.cache[:, 0]
        reading.length = end
        return torch.stack([prompt.logits for prompt in known])

    def _read_prompt(self, ids: tuple[int, ...]) -> KnownPrompt:
        """Read one prompt, or only what is new in it."""
        like, n = self._prompts.nearest(ids)
        if like is not None and like.ids == ids:
            return like
        # The logits come from the last token, which is therefore read in any case.
        n = min(n, len(ids) - 1) if n >= LEAST_SHARED else 0
        alone = self._empty(len(ids), 1)
        if like is not None and n:
            alone.cache[..., :n, :] = like.cache[..., :n, :]
        alone.length = n
        logits = self._read(alone, [list(ids[n:])])
        prompt = KnownPrompt(ids, alone.cache, logits[0])
        self._prompts.add(prompt)
        return prompt

    @abstractmethod
    def _keep_angles(self, cosines: Tensor, sines: Tensor) -> None:
        """Use these (n, channels) for the first n positions."""

    @abstractmethod
    def _empty(self, capacity: int, n_rows: int) -> Reading:
        """Make a reading of nothing; empty places hold finite numbers."""

    @abstractmethod
    def _read(self, reading: Reading, ids: list[list[int]]) -> Tensor:
        """Add equally many tokens of each row that fit; the length is raised afterwards."""


def visible_places(reading: Reading, n: int, device: torch.device) -> Tensor | None:
    """Which places the next n tokens of each row may see.

    Returns:
        Shape (n_rows, n, length + n), bool; None if that is all of them.
    """
    ragged = any(reading.padding)
    if n == 1 and not ragged:
        return None
    places = torch.arange(reading.length + n, device=device)
    visible = places <= places[-n:, None]  # (n, length + n)
    if not ragged:
        return visible.expand(reading.n_rows, -1, -1)
    padding = torch.tensor(reading.padding, device=device)
    return visible & (places >= padding[:, None, None])
