"""Motion to tokens and back: the VQ-VAE with the statistics it was trained with.

A saved tokenizer is a folder: `vqvae.json` (architecture) and `vqvae.safetensors` (weights,
`mean` and `std`).
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file

from motiongpt.errors import ModelFileError, TokenizerError
from motiongpt.motion import layout
from motiongpt.motion.features import recover_positions
from motiongpt.motion.motion import Motion
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.vqvae import VQVAE

CONFIG_FILE = "vqvae.json"
WEIGHTS_FILE = "vqvae.safetensors"
FPS = 20.0
"""Frames a second of HumanML3D's features."""


@dataclass(frozen=True)
class MotionTokenizer:
    """Features and motions to code indices and back.

    Attributes:
        model: the VQ-VAE, in eval mode.
        statistics: of the features it was trained on.
    """

    model: VQVAE
    statistics: Statistics

    @property
    def n_codes(self) -> int:
        """Codebook size."""
        return self.model.config.n_codes

    @property
    def frames_per_token(self) -> int:
        """Downsampling factor."""
        return self.model.config.downsampling

    def encode_features(self, features: np.ndarray) -> tuple[int, ...]:
        """Turn features into code indices.

        Args:
            features: shape (T, 263), T at least `frames_per_token`; a rest of less than a token
                is left out.

        Raises:
            TokenizerError: for a wrong shape, a clip shorter than a token, or NaN.
        """
        features = np.asarray(features, dtype=np.float64)
        if features.ndim != 2 or features.shape[1] != layout.N_FEATURES:
            allowed = f"(T, {layout.N_FEATURES})"
            raise TokenizerError(f"features have shape {features.shape}; allowed: {allowed}")
        n_frames = len(features) // self.frames_per_token * self.frames_per_token
        if n_frames == 0:
            raise TokenizerError(
                f"{len(features)} frames are less than one token of {self.frames_per_token}"
            )
        if not np.isfinite(features).all():
            raise TokenizerError("features have a value that is not finite (NaN or infinity)")
        normalized = self.statistics.normalize(features[:n_frames])
        with torch.inference_mode():
            batch = torch.from_numpy(normalized).to(self.model.quantizer.codebook)[None]
            return tuple(self.model.encode(batch)[0].tolist())

    def decode_features(self, indices: Sequence[int]) -> np.ndarray:
        """Turn code indices (N) into features (N * frames_per_token, 263).

        Raises:
            TokenizerError: for no index, or one outside the codebook.
        """
        if len(indices) == 0:
            raise TokenizerError("no motion token to decode; at least one needed")
        for position, index in enumerate(indices):
            if not 0 <= index < self.n_codes:
                raise TokenizerError(
                    f"motion token {index} at {position}; allowed: 0 to {self.n_codes - 1}"
                )
        device = self.model.quantizer.codebook.device
        with torch.inference_mode():
            normalized = self.model.decode(torch.tensor([list(indices)], device=device))[0]
        return self.statistics.denormalize(normalized.double().cpu().numpy())

    def decode(self, indices: Sequence[int]) -> Motion:
        """Turn code indices into a motion that starts at the origin, facing +x.

        Raises:
            TokenizerError: for no index, or one outside the codebook.
        """
        return Motion.from_y_up(recover_positions(self.decode_features(indices)), FPS)

    def save(self, folder: Path) -> None:
        """Write the tokenizer to a folder."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CONFIG_FILE).write_text(json.dumps(asdict(self.model.config), indent=2) + "\n")
        tensors = {name: t.contiguous() for name, t in self.model.state_dict().items()}
        tensors["mean"] = torch.from_numpy(self.statistics.mean)
        tensors["std"] = torch.from_numpy(self.statistics.std)
        save_file({name: t.half() for name, t in tensors.items()}, folder / WEIGHTS_FILE)

    @classmethod
    def load(cls, folder: Path, device: str = "cpu") -> "MotionTokenizer":
        """Read a tokenizer from a folder.

        Raises:
            ModelFileError: if a file is missing, unreadable, truncated or does not fit.
        """
        config = _read_config(folder / CONFIG_FILE)
        path = folder / WEIGHTS_FILE
        try:
            tensors = {name: t.float() for name, t in load_file(path).items()}
        except (OSError, SafetensorError) as error:
            raise ModelFileError(f"{path}: missing or truncated ({error})") from error
        try:
            statistics = Statistics(*(tensors.pop(n).double().numpy() for n in ("mean", "std")))
            model = VQVAE(config)
            model.load_state_dict(tensors)
        except (KeyError, RuntimeError) as error:
            raise ModelFileError(f"{path}: does not fit {CONFIG_FILE} ({error})") from error
        return cls(model.to(device).eval(), statistics)


def _read_config(path: Path) -> VQVAEConfig:
    try:
        fields = json.loads(path.read_text())
        return VQVAEConfig(**{**fields, "dilations": tuple(fields["dilations"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFileError(f"{path}: missing or no VQ-VAE configuration ({error})") from error
