"""A small motion diffusion model of MDM's kind; diffusers has the noise schedule.

Source: Tevet et al., ICLR 2023: a transformer encoder over noisy frames, with one step before them
for text and time, predicts the clean motion; a tenth of the texts is dropped in training, and
sampling is guided without a classifier. The length is given, as in its evaluation. Other than
there, a step of the transformer reads a few frames at once, as many as one motion token holds.
"""

import math
from dataclasses import dataclass, field

import numpy as np
import torch
from diffusers import DDIMScheduler
from torch import Tensor, nn

from benchmarks.peers.clips import PeerData, TextEncoder
from motiongpt.evaluate.generator import Made
from motiongpt.evaluate.tasks import Task
from motiongpt.evaluate.test_set import Request
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.reconstruction import WINDOW

TRAINING_STEPS = 1000
DROPPED_SHARE = 0.1


@dataclass(frozen=True)
class DiffusionSize:
    """Size of the network."""

    width: int = 256
    """Hidden size."""

    layers: int = 6
    """Layers."""

    heads: int = 8
    """Attention heads."""

    patch: int = 4
    """Frames that one step of the transformer reads and writes."""


def make_schedule() -> DDIMScheduler:
    """Cosine noise of 1,000 steps; the network predicts the clean sample."""
    return DDIMScheduler(
        num_train_timesteps=TRAINING_STEPS,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="sample",
        clip_sample=False,
    )


class Denoiser(nn.Module):
    """Noisy frames, a time and a text to clean frames."""

    def __init__(self, n_features: int, text_dim: int, size: DiffusionSize) -> None:
        """Make it with random weights."""
        super().__init__()
        self.width, self.patch = size.width, size.patch
        self.read = nn.Linear(size.patch * n_features, size.width)
        self.text = nn.Linear(text_dim, size.width)
        self.time = nn.Sequential(
            nn.Linear(size.width, size.width), nn.SiLU(), nn.Linear(size.width, size.width)
        )
        self.place = nn.Parameter(torch.randn(-(-WINDOW // size.patch) + 1, size.width) * 0.02)
        layer = nn.TransformerEncoderLayer(
            size.width, size.heads, 4 * size.width, 0.1, "gelu", batch_first=True
        )
        self.layers = nn.TransformerEncoder(layer, size.layers, enable_nested_tensor=False)
        self.write = nn.Linear(size.width, size.patch * n_features)

    def forward(self, frames: Tensor, times: Tensor, texts: Tensor, real: Tensor) -> Tensor:
        """Clean frames (B, T, F).

        Args:
            frames: noisy, shape (B, T, F).
            times: steps of noise (B,).
            texts: features (B, D); zeros where the text is dropped.
            real: shape (B, T), true where a frame is no padding.
        """
        batch, n, _ = frames.shape
        missing = -n % self.patch
        whole = nn.functional.pad(frames, (0, 0, 0, missing)).reshape(
            batch, (n + missing) // self.patch, -1
        )
        real = nn.functional.pad(real, (0, missing)).view(batch, -1, self.patch).any(-1)
        condition = self.time(_waves(times, self.width)) + self.text(texts)
        steps = torch.cat([condition[:, None], self.read(whole)], dim=1)
        seen = torch.cat([torch.ones_like(real[:, :1]), real], dim=1)
        hidden = self.layers(steps + self.place[: steps.shape[1]], src_key_padding_mask=~seen)
        return self.write(hidden[:, 1:]).reshape(batch, n + missing, -1)[:, :n]


def _waves(times: Tensor, width: int) -> Tensor:
    """Sines and cosines (B, width) of times (B,)."""
    rates = torch.exp(-math.log(10000.0) * torch.arange(width // 2) / (width // 2))
    angles = times[:, None].float() * rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def diffusion_loss(
    network: Denoiser,
    schedule: DDIMScheduler,
    data: PeerData,
    batch: int,
    rng: np.random.Generator,
) -> Tensor:
    """Mean squared error of the predicted clean frames of drawn clips."""
    clips, texts = data.draw(batch, rng)
    texts[rng.random(batch) < DROPPED_SHARE] = 0
    longest = max(len(clip.features) for clip in clips)
    frames = torch.zeros(batch, longest, clips[0].features.shape[1])
    real = torch.zeros(batch, longest, dtype=torch.bool)
    for row, clip in enumerate(clips):
        frames[row, : len(clip.features)] = torch.from_numpy(clip.features)
        real[row, : len(clip.features)] = True
    noise = torch.from_numpy(rng.standard_normal(frames.shape, dtype=np.float32))
    times = torch.from_numpy(rng.integers(TRAINING_STEPS, size=batch))
    noisy = schedule.add_noise(frames, noise, times)
    gap = (network(noisy, times, torch.from_numpy(texts), real).float() - frames) ** 2
    return gap[real].mean()


@dataclass(frozen=True)
class DiffusionGenerator:
    """The trained peer as something to evaluate.

    Attributes:
        network: in eval mode.
        statistics: of the features.
        encode_texts: as in training.
        steps: of denoising.
        guidance: how far sampling goes beyond what the text alone asks; 1 is no guidance.
        schedule: of the noise.
    """

    network: Denoiser
    statistics: Statistics
    encode_texts: TextEncoder
    steps: int = 25
    guidance: float = 2.5
    schedule: DDIMScheduler = field(default_factory=make_schedule)

    def __call__(self, request: Request, task: Task) -> Made:
        """Make a motion of the caption, as long as the real clip; it knows no other task."""
        assert task is Task.TEXT
        text = torch.from_numpy(self.encode_texts([request.caption.text]).astype(np.float32))
        texts = torch.cat([text, torch.zeros_like(text)])
        shape = (1, len(request.clip.features), self.statistics.n_features)
        rng = np.random.default_rng(request.seed)
        frames = torch.from_numpy(rng.standard_normal(shape, dtype=np.float32))
        real = torch.ones(2, shape[1], dtype=torch.bool)
        self.schedule.set_timesteps(self.steps)
        with torch.inference_mode():
            for time in self.schedule.timesteps:
                both = self.network(frames.expand(2, -1, -1), time.expand(2), texts, real)
                clean = both[1:] + self.guidance * (both[:1] - both[1:])
                frames = self.schedule.step(clean, time, frames).prev_sample
        return Made(self.statistics.denormalize(frames[0].double().numpy()))
