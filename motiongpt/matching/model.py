"""The trained matching model: texts and motions to unit vectors, and how well they fit.

A saved model is a folder: `matching.json` (sizes, calibration), `matching.safetensors` (weights,
`mean` and `std` of the features) and `pieces.json` (word pieces).
"""

import json
import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor

from motiongpt.errors import ModelFileError, MotionError
from motiongpt.matching.network import MatchingConfig, MatchingNetwork
from motiongpt.matching.words import encode_texts, load_pieces
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.motion.layout import layout_of
from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import HUMANML3D

CONFIG_FILE = "matching.json"
WEIGHTS_FILE = "matching.safetensors"
PIECES_FILE = "pieces.json"
CHUNK = 32
"""Motions that are encoded together."""


def seen_features(n_features: int) -> np.ndarray:
    """Indices of the features that are read: all but the rotations, which positions imply."""
    rotations = layout_of(n_features).rotations_6d
    every = np.arange(n_features)
    return every[(every < rotations.start) | (every >= rotations.stop)]


@dataclass(frozen=True)
class Calibration:
    """Logistic curve from cosine to the chance that text and motion belong together."""

    slope: float = 1.0
    """By how much the log odds grow with the cosine."""

    offset: float = 0.0
    """Log odds at cosine 0."""

    def chance(self, cosine: float) -> float:
        """Chance, from 0 to 1."""
        odds = max(min(self.slope * cosine + self.offset, 50.0), -50.0)
        return 1 / (1 + math.exp(-odds))


@dataclass(frozen=True)
class MatchingModel:
    """Texts and motions as unit vectors of one space.

    Attributes:
        network: both encoders, in eval mode.
        pieces: word pieces of the text side.
        mean: of the features that are read, shape (n,).
        std: of the same shape.
        calibration: from cosine to confidence.
    """

    network: MatchingNetwork
    pieces: Tokenizer
    mean: np.ndarray
    std: np.ndarray
    calibration: Calibration = Calibration()

    @property
    def dim(self) -> int:
        """Size of an embedding."""
        return self.network.config.dim

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        """Unit vectors (N, dim) of N texts."""
        longest, rows = self.network.config.max_words, []
        with torch.inference_mode():
            for start in range(0, len(texts), 256):
                ids = encode_texts(self.pieces, texts[start : start + 256], longest)
                rows.append(self.network.encode_text(ids.to(self._device))[0].cpu())
        return _stack(rows, self.dim)

    def encode_features(self, clips: Sequence[np.ndarray]) -> np.ndarray:
        """Unit vectors (N, dim) of N motions given as features.

        Args:
            clips: shape (T, 263) or (T, 251) each, not normalized, T at least 4.

        Raises:
            MotionError: for a wrong shape or a clip that is too short.
        """
        return self.encode_frames([self._read(clip) for clip in clips])

    def encode_frames(self, clips: Sequence[np.ndarray]) -> np.ndarray:
        """Unit vectors (N, dim) of frames (T, n) of the features that are read, T at least 4."""
        frames = [self._normalize(clip) for clip in clips]
        order = sorted(range(len(frames)), key=lambda i: len(frames[i]))
        result = np.empty((len(frames), self.dim))
        with torch.inference_mode():
            for start in range(0, len(order), CHUNK):
                part = order[start : start + CHUNK]
                batch, lengths = pad_frames([frames[i] for i in part])
                vectors = self.network.encode_motion(
                    batch.to(self._device), lengths.to(self._device)
                )
                result[part] = vectors.double().cpu().numpy()
        return result

    def encode_motion(self, motions: Sequence[Motion]) -> np.ndarray:
        """Unit vectors (N, dim) of N motions.

        Raises:
            MotionError: for a motion of fewer than 5 frames.
        """
        clips = []
        for motion in motions:
            if motion.fps != HUMANML3D.fps:
                raise MotionError(
                    f"motion has {motion.fps} frames a second; allowed: {HUMANML3D.fps}"
                )
            clips.append(encode_features(canonicalize(motion.to_y_up())))
        return self.encode_features(clips)

    def score(self, text: str, motions: Sequence[Motion]) -> np.ndarray:
        """How well each of N motions fits a text: cosines (N,), from -1 to 1."""
        return self.encode_motion(motions) @ self.encode_text([text])[0]

    def confidence(self, text: str, motion: Motion) -> float:
        """Chance from 0 to 1 that a motion does what a text says."""
        return self.calibration.chance(float(self.score(text, [motion])[0]))

    @property
    def _device(self) -> torch.device:
        return self.network.log_scale.device

    def _read(self, clip: np.ndarray) -> np.ndarray:
        """What is read of a clip's frames."""
        clip = np.asarray(clip, dtype=np.float64)
        wanted = len(self.mean)
        if clip.ndim != 2 or len(seen_features(clip.shape[1])) != wanted:
            raise MotionError(f"features have shape {clip.shape}; {wanted} of them are to be read")
        return clip[:, seen_features(clip.shape[1])]

    def _normalize(self, frames: np.ndarray) -> np.ndarray:
        """The first frames, a multiple of 4, scaled."""
        n_frames = min(len(frames), self.network.config.max_frames) // 4 * 4
        if n_frames == 0:
            raise MotionError(f"a clip of {len(frames)} frames is not matched; at least 4 needed")
        return ((frames[:n_frames] - self.mean) / self.std).astype(np.float32)

    def save(self, folder: Path) -> None:
        """Write the model, its weights in float16."""
        folder.mkdir(parents=True, exist_ok=True)
        content = {
            "network": asdict(self.network.config),
            "calibration": asdict(self.calibration),
        }
        (folder / CONFIG_FILE).write_text(json.dumps(content, indent=2) + "\n")
        (folder / PIECES_FILE).write_text(self.pieces.to_str() + "\n", encoding="utf-8")
        tensors = {n: t.half().contiguous() for n, t in self.network.state_dict().items()}
        tensors["mean"] = torch.from_numpy(self.mean).float()
        tensors["std"] = torch.from_numpy(self.std).float()
        part = folder / f"{WEIGHTS_FILE}.part"
        save_file(tensors, part)
        part.replace(folder / WEIGHTS_FILE)

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "MatchingModel":
        """Read a model.

        Raises:
            ModelFileError: if a file is missing, truncated or does not fit.
        """
        path = folder / CONFIG_FILE
        try:
            content = json.loads(path.read_text())
            network = MatchingNetwork(MatchingConfig(**content["network"]))
            calibration = Calibration(**content["calibration"])
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise ModelFileError(f"{path}: missing or no matching model ({error})") from error
        path = folder / WEIGHTS_FILE
        try:
            tensors = {name: tensor.float() for name, tensor in load_file(path).items()}
            mean, std = (tensors.pop(name).double().numpy() for name in ("mean", "std"))
            network.load_state_dict(tensors)
        except (OSError, SafetensorError, KeyError, RuntimeError) as error:
            raise ModelFileError(
                f"{path}: missing, truncated or not of {CONFIG_FILE} ({error})"
            ) from error
        pieces = load_pieces(folder / PIECES_FILE)
        return cls(network.eval().to(device), pieces, mean, std, calibration)


def pad_frames(clips: Sequence[np.ndarray]) -> tuple[Tensor, Tensor]:
    """Put clips (T, n) into one batch (B, T, n), padded with 0, and their lengths (B,)."""
    longest = -(-max(map(len, clips)) // 4) * 4
    batch = torch.zeros(len(clips), longest, clips[0].shape[1])
    for row, clip in enumerate(clips):
        batch[row, : len(clip)] = torch.from_numpy(np.asarray(clip, dtype=np.float32))
    return batch, torch.tensor([len(clip) for clip in clips])


def _stack(rows: list[Tensor], dim: int) -> np.ndarray:
    return torch.cat(rows).double().numpy() if rows else np.zeros((0, dim))
