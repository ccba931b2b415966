"""The published text-motion evaluator's three networks, with its names and shapes.

Source: Guo et al., CVPR 2022, `text_mot_match`: a convolutional movement encoder, a bidirectional
GRU over movements, and one over words.
"""

import torch
from torch import Tensor, nn

HIDDEN_MOVEMENT = 512
HIDDEN_TEXT = 512
HIDDEN_MOTION = 1024
DIM = 512
"""Size of an embedding."""

N_CONTACTS = 4
"""Foot contacts at the end of a feature vector; they are not read."""

FRAMES_A_MOVEMENT = 4


class MovementEncoder(nn.Module):
    """Frames to movements of 4 frames."""

    def __init__(self, n_features: int) -> None:
        """Make it for feature vectors without their foot contacts."""
        super().__init__()
        self.main = nn.Sequential(
            nn.Conv1d(n_features, HIDDEN_MOVEMENT, 4, 2, 1),
            nn.Dropout(0.2),
            nn.LeakyReLU(0.2),
            nn.Conv1d(HIDDEN_MOVEMENT, DIM, 4, 2, 1),
            nn.Dropout(0.2),
            nn.LeakyReLU(0.2),
        )
        self.out_net = nn.Linear(DIM, DIM)

    def forward(self, frames: Tensor) -> Tensor:
        """Turn frames (B, T, n) into movements (B, T // 4, 512)."""
        return self.out_net(self.main(frames.transpose(1, 2)).transpose(1, 2))


class _GRUEncoder(nn.Module):
    """A bidirectional GRU over steps, and a vector of its two last states."""

    def __init__(self, n_input: int, hidden: int) -> None:
        super().__init__()
        self.input_emb = nn.Linear(n_input, hidden)
        self.gru = nn.GRU(hidden, hidden, batch_first=True, bidirectional=True)
        self.output_net = nn.Sequential(
            nn.Linear(2 * hidden, hidden),
            nn.LayerNorm(hidden),
            nn.LeakyReLU(0.2),
            nn.Linear(hidden, DIM),
        )
        self.hidden = nn.Parameter(torch.randn(2, 1, hidden))

    def _encode(self, steps: Tensor, lengths: Tensor) -> Tensor:
        """Embeddings (B, 512) of steps (B, T, n) with lengths (B,)."""
        packed = nn.utils.rnn.pack_padded_sequence(
            self.input_emb(steps), lengths.cpu(), batch_first=True, enforce_sorted=False
        )
        start = self.hidden.expand(-1, len(steps), -1).contiguous()
        _, last = self.gru(packed, start)
        return self.output_net(torch.cat([last[0], last[1]], dim=-1))


class MotionEncoder(_GRUEncoder):
    """Movements to an embedding."""

    def __init__(self) -> None:
        """Make it with random weights."""
        super().__init__(DIM, HIDDEN_MOTION)

    def forward(self, movements: Tensor, lengths: Tensor) -> Tensor:
        """Embeddings (B, 512) of movements (B, T, 512), `lengths` (B,) of them real."""
        return self._encode(movements, lengths)


class TextEncoder(_GRUEncoder):
    """Word vectors and parts of speech to an embedding."""

    def __init__(self, word_dim: int, n_tags: int) -> None:
        """Make it for vectors of `word_dim` and `n_tags` parts of speech."""
        super().__init__(word_dim, HIDDEN_TEXT)
        self.pos_emb = nn.Linear(n_tags, word_dim)

    def forward(self, words: Tensor, tags: Tensor, lengths: Tensor) -> Tensor:
        """Embeddings (B, 512) of word vectors (B, L, 300) and one-hot tags (B, L, 15)."""
        return self._encode(words + self.pos_emb(tags), lengths)
