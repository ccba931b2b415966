"""T2M-GPT's recipe without CLIP: a GPT from scratch over the motion tokens of the same tokenizer.

Source: Zhang et al., CVPR 2023: the text's feature is the first step, a share of the tokens that
are read (uniform in 0..1 for half of the sequences) is replaced by random ones, and an end token
closes the answer.
"""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.peers.clips import PeerData, TextEncoder
from motiongpt.evaluate.generator import Made
from motiongpt.evaluate.tasks import Task
from motiongpt.evaluate.test_set import Request
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer

MAX_TOKENS = 50
CORRUPTED_SHARE = 0.5
IGNORED = -100


@dataclass(frozen=True)
class GPTSize:
    """Size of the network."""

    width: int = 256
    """Hidden size."""

    layers: int = 6
    """Layers."""

    heads: int = 8
    """Attention heads."""


class MotionGPTPeer(nn.Module):
    """A causal transformer: a text feature, then motion tokens."""

    def __init__(self, n_codes: int, text_dim: int, size: GPTSize) -> None:
        """Make it with random weights."""
        super().__init__()
        self.n_codes = n_codes
        self.text = nn.Linear(text_dim, size.width)
        self.tokens = nn.Embedding(n_codes, size.width)
        self.place = nn.Parameter(torch.randn(MAX_TOKENS + 1, size.width) * 0.02)
        layer = nn.TransformerEncoderLayer(
            size.width, size.heads, 4 * size.width, 0.1, "gelu", batch_first=True, norm_first=True
        )
        self.layers = nn.TransformerEncoder(layer, size.layers, enable_nested_tensor=False)
        self.norm = nn.LayerNorm(size.width)
        self.head = nn.Linear(size.width, n_codes + 1)  # the last one ends

    def forward(self, texts: Tensor, tokens: Tensor) -> Tensor:
        """Logits (B, T + 1, n_codes + 1) after text features (B, D) and tokens (B, T)."""
        steps = torch.cat([self.text(texts)[:, None], self.tokens(tokens)], dim=1)
        n = steps.shape[1]
        mask = nn.Transformer.generate_square_subsequent_mask(n, device=steps.device)
        hidden = self.layers(steps + self.place[:n], mask=mask, is_causal=True)
        return self.head(self.norm(hidden))


def gpt_loss(
    network: MotionGPTPeer, data: PeerData, batch: int, rng: np.random.Generator
) -> Tensor:
    """Cross entropy of the tokens and the end of drawn clips."""
    clips, texts = data.draw(batch, rng)
    tokens = [clip.tokens[:MAX_TOKENS] for clip in clips]
    longest = max(map(len, tokens))
    read = torch.zeros(batch, longest, dtype=torch.long)
    wanted = torch.full((batch, longest + 1), IGNORED)
    for row, one in enumerate(tokens):
        seen = np.array(one)
        if rng.random() < CORRUPTED_SHARE:
            hit = rng.random(len(seen)) < rng.random()
            seen = np.where(hit, rng.integers(network.n_codes, size=len(seen)), seen)
        read[row, : len(one)] = torch.from_numpy(seen)
        wanted[row, : len(one)] = torch.tensor(one)
        wanted[row, len(one)] = network.n_codes
    logits = network(torch.from_numpy(texts), read).float().transpose(1, 2)
    return nn.functional.cross_entropy(logits, wanted, ignore_index=IGNORED)


@dataclass(frozen=True)
class GPTGenerator:
    """The trained peer as something to evaluate.

    Attributes:
        network: in eval mode.
        tokenizer: decodes its tokens.
        encode_texts: as in training.
        temperature: of the sampling.
    """

    network: MotionGPTPeer
    tokenizer: MotionTokenizer
    encode_texts: TextEncoder
    temperature: float = 1.0

    def __call__(self, request: Request, task: Task) -> Made:
        """Make a motion of the caption; it knows no other task."""
        assert task is Task.TEXT
        texts = torch.from_numpy(self.encode_texts([request.caption.text]).astype(np.float32))
        generator = torch.Generator().manual_seed(request.seed)
        tokens: list[int] = []
        with torch.inference_mode():
            while len(tokens) < MAX_TOKENS:
                given = torch.tensor([tokens], dtype=torch.long)
                logits = self.network(texts, given)[0, -1]
                if not tokens:
                    logits[self.network.n_codes] = -torch.inf  # at least one
                chances = torch.softmax(logits / self.temperature, dim=0)
                drawn = int(torch.multinomial(chances, 1, generator=generator))
                if drawn == self.network.n_codes:
                    break
                tokens.append(drawn)
        return Made(self.tokenizer.decode_features(tokens), tuple(tokens))
