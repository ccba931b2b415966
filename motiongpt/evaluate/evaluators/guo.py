"""Guo et al.'s published text-motion evaluator, with the user's copy of its weights."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from motiongpt.errors import EvaluationError, ModelFileError
from motiongpt.evaluate.evaluators.guo_network import (
    DIM,
    FRAMES_A_MOVEMENT,
    N_CONTACTS,
    MotionEncoder,
    MovementEncoder,
    TextEncoder,
)
from motiongpt.evaluate.evaluators.word_vectors import TAGS, WordVectors
from motiongpt.motion.dataset import Caption
from motiongpt.motion.statistics import Statistics
from motiongpt.torch_file import read_torch_file

MAX_FRAMES = 196
"""Frames that are read; a longer motion is cut and a shorter one padded."""

CHUNK = 32


@dataclass(frozen=True)
class GuoEvaluator:
    """The three networks with the word vectors and statistics they were trained with.

    Attributes:
        movement: frames to movements.
        motion: movements to an embedding.
        text: words to an embedding.
        words: GloVe vectors.
        statistics: of the features, from the evaluator's own `meta/`.
    """

    movement: MovementEncoder
    motion: MotionEncoder
    text: TextEncoder
    words: WordVectors
    statistics: Statistics
    name: str = "Guo et al."

    @classmethod
    def load(cls, checkpoint: Path, glove: Path, meta: Path) -> "GuoEvaluator":
        """Read the published files.

        Args:
            checkpoint: `text_mot_match/model/finest.tar`; Python objects in it are refused.
            glove: folder with `our_vab_data.npy`, `our_vab_words.pkl`, `our_vab_idx.pkl`.
            meta: folder with the `mean.npy` and `std.npy` it was trained with.

        Raises:
            ModelFileError: if a file is missing, unreadable or has other tensors.
            MotionError: if the statistics cannot be used.
        """
        content = read_torch_file(checkpoint)
        words, statistics = WordVectors.read(glove), Statistics.read(meta)
        movement = MovementEncoder(statistics.n_features - N_CONTACTS)
        motion, text = MotionEncoder(), TextEncoder(words.vectors.shape[1], len(TAGS))
        parts: dict[str, nn.Module] = {
            "movement_encoder": movement,
            "motion_encoder": motion,
            "text_encoder": text,
        }
        for name, part in parts.items():
            tensors = content.get(name)
            if not isinstance(tensors, Mapping):
                known = ", ".join(map(str, content)) or "nothing"
                raise ModelFileError(f"{checkpoint}: no '{name}' in it; it has: {known}")
            try:
                part.load_state_dict(dict(tensors))
            except RuntimeError as error:
                raise ModelFileError(
                    f"{checkpoint}: '{name}' has other tensors than the published evaluator "
                    f"({error})"
                ) from error
            part.eval()
        return cls(movement, motion, text, words, statistics)

    def encode_captions(self, captions: Sequence[Caption]) -> np.ndarray:
        """Embeddings (N, 512) of captions with HumanML3D's tokens.

        Raises:
            EvaluationError: if a caption has no tokens, or none has a part of speech.
        """
        words, tags, lengths = self.words.encode(captions)
        result = np.zeros((len(captions), DIM))
        with torch.inference_mode():
            for start in range(0, len(captions), CHUNK):
                part = slice(start, start + CHUNK)
                given = (torch.from_numpy(x[part]) for x in (words, tags, lengths))
                result[part] = self.text(*given).numpy()
        return result

    def encode_clips(self, clips: Sequence[np.ndarray]) -> np.ndarray:
        """Embeddings (N, 512) of motions.

        Args:
            clips: features (T, F) each, not normalized, T at least 4.

        Raises:
            EvaluationError: for another width or a clip that is too short.
        """
        result = np.zeros((len(clips), DIM))
        with torch.inference_mode():
            for start in range(0, len(clips), CHUNK):
                scaled = [self._scale(clip) for clip in clips[start : start + CHUNK]]
                # The convolutions see the padding next to a clip's end: always as published.
                batch = torch.zeros(len(scaled), MAX_FRAMES, scaled[0].shape[1])
                for row, clip in enumerate(scaled):
                    batch[row, : len(clip)] = torch.from_numpy(clip)
                lengths = torch.tensor([len(clip) // FRAMES_A_MOVEMENT for clip in scaled])
                vectors = self.motion(self.movement(batch), lengths)
                result[start : start + CHUNK] = vectors.numpy()
        return result

    def _scale(self, clip: np.ndarray) -> np.ndarray:
        """The frames that are read, normalized and without foot contacts, float32."""
        n = min(len(clip), MAX_FRAMES) // FRAMES_A_MOVEMENT * FRAMES_A_MOVEMENT
        if clip.ndim != 2 or clip.shape[1] != self.statistics.n_features or n == 0:
            raise EvaluationError(
                f"features have shape {clip.shape}; allowed: (T, {self.statistics.n_features}), "
                f"T at least {FRAMES_A_MOVEMENT}"
            )
        return self.statistics.normalize(clip[:n])[:, :-N_CONTACTS].astype(np.float32)
