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

from motiongpt.errors import ModelFileError, MotionGPTError, TokenizerError
from motiongpt.motion.features import PositionRecovery, recover_positions
from motiongpt.motion.held_pose import pose_features
from motiongpt.motion.kit import kit_to_humanml3d
from motiongpt.motion.layout import layout_of
from motiongpt.motion.motion import Motion
from motiongpt.motion.skeleton import HUMANML3D, KIT_ML, N_JOINTS, Skeleton, skeleton_with
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.streaming import FrameDecoder
from motiongpt.tokenizer.vqvae import VQVAE

CONFIG_FILE = "vqvae.json"
WEIGHTS_FILE = "vqvae.safetensors"
HELD_FRAMES = 64
"""Frames that a pose is held to encode it; more than its code depends on by much."""


@dataclass(frozen=True)
class MotionTokenizer:
    """Features and motions to code indices and back.

    Attributes:
        model: the VQ-VAE, in eval mode.
        statistics: of the features it was trained on.
    """

    model: VQVAE
    statistics: Statistics

    def __post_init__(self) -> None:
        width = self.model.config.n_features
        if width != self.statistics.n_features:
            raise TokenizerError(
                f"statistics are of {self.statistics.n_features} features, the VQ-VAE of {width}"
            )

    @property
    def n_codes(self) -> int:
        """Number of different motion tokens."""
        return self.model.quantizer.n_indices

    @property
    def frames_per_token(self) -> float:
        """Frames of motion a token: the downsampling factor over the tokens a latent."""
        return self.model.config.downsampling / self.model.quantizer.tokens_per_latent

    @property
    def tokens_a_second(self) -> float:
        """Motion tokens a second of motion."""
        return self.fps / self.frames_per_token

    @property
    def skeleton(self) -> Skeleton:
        """Joints whose features these are."""
        return skeleton_with(layout_of(self.statistics.n_features).n_joints)

    @property
    def fps(self) -> float:
        """Frames a second."""
        return self.skeleton.fps

    def encode_features(self, features: np.ndarray) -> tuple[int, ...]:
        """Turn features into code indices.

        Args:
            features: shape (T, F), T at least the downsampling factor; a rest of less than that
                is left out.

        Raises:
            TokenizerError: for a wrong shape, a clip shorter than a token, or NaN.
        """
        features = np.asarray(features, dtype=np.float64)
        if features.ndim != 2 or features.shape[1] != self.statistics.n_features:
            allowed = f"(T, {self.statistics.n_features})"
            raise TokenizerError(f"features have shape {features.shape}; allowed: {allowed}")
        factor = self.model.config.downsampling
        n_frames = len(features) // factor * factor
        if n_frames == 0:
            raise TokenizerError(f"{len(features)} frames are less than one token of {factor}")
        if not np.isfinite(features).all():
            frame, at = np.argwhere(~np.isfinite(features))[0]
            raise TokenizerError(
                f"feature {at} of frame {frame} is {features[frame, at]}; allowed: finite"
            )
        normalized = self.statistics.normalize(features[:n_frames])
        with torch.inference_mode():
            weight = next(self.model.parameters())
            batch = torch.from_numpy(normalized).to(weight)[None]
            return tuple(self.model.encode(batch)[0].tolist())

    def encode_held(self, features: np.ndarray) -> tuple[int, ...]:
        """Code index of holding each of some poses still.

        Args:
            features: shape (n, F), n at least 1; of standing still, see
                `motiongpt.motion.held_pose`.

        Raises:
            TokenizerError: for a quantizer with several tokens a latent.
        """
        if self.model.quantizer.tokens_per_latent > 1:
            raise TokenizerError("a held pose has several tokens with this quantizer")
        normalized = self.statistics.normalize(features)[:, None].repeat(HELD_FRAMES, axis=1)
        with torch.inference_mode():
            weight = next(self.model.parameters())
            indices = self.model.encode(torch.from_numpy(normalized).to(weight))
        return tuple(indices[:, indices.shape[1] // 2].tolist())

    def encode_pose(self, pose: np.ndarray) -> int:
        """Code index of holding a pose still.

        Args:
            pose: joint positions (22, 3) in [m], world frame of REP-103; place and heading are
                free.

        Raises:
            MotionError: for a wrong shape or a value that is not finite.
            TokenizerError: for a tokenizer of another skeleton.
        """
        if self.skeleton is not HUMANML3D:
            raise TokenizerError("poses have 22 joints, and this tokenizer is of another skeleton")
        return self.encode_held(pose_features(pose)[None])[0]

    def check_indices(self, indices: Sequence[int], first: int = 0) -> None:
        """Refuse code indices that cannot stand where they do.

        Args:
            indices: code indices.
            first: position of the first of them in its sequence.

        Raises:
            TokenizerError: for one outside the codebook of its position.
        """
        for position, index in enumerate(indices, start=first):
            allowed = self.model.quantizer.allowed(position)
            if index not in allowed:
                raise TokenizerError(
                    f"motion token {index} at {position}; allowed: {allowed[0]} to {allowed[-1]}"
                )

    def decode_features(self, indices: Sequence[int]) -> np.ndarray:
        """Turn code indices (N) into features (N * frames_per_token, F).

        Raises:
            TokenizerError: for no index, one outside the codebook, or half a latent.
        """
        if len(indices) == 0:
            raise TokenizerError("no motion token to decode; at least one needed")
        self.check_indices(indices)
        per_latent = self.model.quantizer.tokens_per_latent
        if len(indices) % per_latent:
            raise TokenizerError(
                f"{len(indices)} motion tokens; allowed: multiples of {per_latent}"
            )
        device = next(self.model.parameters()).device
        with torch.inference_mode():
            normalized = self.model.decode(torch.tensor([list(indices)], device=device))[0]
        return self.statistics.denormalize(normalized.double().cpu().numpy())

    def decode(self, indices: Sequence[int]) -> Motion:
        """Turn code indices into a motion that starts at the origin, facing +x.

        Raises:
            TokenizerError: for no index, one outside the codebook, or half a latent.
        """
        return self._motion(recover_positions(self.decode_features(indices)))

    def stream(self) -> "MotionStream":
        """Start to decode a motion token by token."""
        return MotionStream(self)

    def _motion(self, positions: np.ndarray) -> Motion:
        """Motion of 22 joints in the world of REP-103 from positions (T, J, 3), y up."""
        if self.skeleton is KIT_ML:
            positions = kit_to_humanml3d(positions)
        return Motion.from_y_up(positions, self.fps)

    def save(self, folder: Path, dtype: torch.dtype = torch.float32) -> None:
        """Write the tokenizer to a folder; float16 halves the file."""
        folder.mkdir(parents=True, exist_ok=True)
        (folder / CONFIG_FILE).write_text(json.dumps(asdict(self.model.config), indent=2) + "\n")
        tensors = {n: t.to(dtype).contiguous() for n, t in self.model.state_dict().items()}
        tensors["mean"] = torch.from_numpy(self.statistics.mean).float()
        tensors["std"] = torch.from_numpy(self.statistics.std).float()
        part = folder / f"{WEIGHTS_FILE}.part"
        save_file(tensors, part)
        part.replace(folder / WEIGHTS_FILE)

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
            tokenizer = cls(model.eval(), statistics)
        except (KeyError, RuntimeError, MotionGPTError) as error:
            raise ModelFileError(f"{path}: does not fit {CONFIG_FILE} ({error})") from error
        model.to(device)
        return tokenizer


class MotionStream:
    """A motion that is decoded while its tokens are still being generated.

    Attributes:
        look_ahead: frames at the end of what is decoded so far that are held back, since later
            tokens can still change them; 0 for a causal decoder.
    """

    def __init__(self, tokenizer: MotionTokenizer) -> None:
        """Start a motion at the origin, facing +x."""
        self._tokenizer = tokenizer
        self._frames = FrameDecoder(tokenizer.model)
        self._places = PositionRecovery(tokenizer.statistics.n_features)
        self._n_tokens = 0
        self.look_ahead = self._frames.look_ahead

    def push(self, indices: Sequence[int]) -> np.ndarray:
        """Take more code indices, and give the frames that are final by now.

        The frames are those of `MotionTokenizer.decode`, to rounding.

        Returns:
            Joint positions (n, 22, 3) in [m], world frame of REP-103, n from 0 on.

        Raises:
            TokenizerError: for an index outside the codebook, or after `finish`.
        """
        self._tokenizer.check_indices(indices, self._n_tokens)
        frames = self._frames.push(indices)
        self._n_tokens += len(indices)
        return self._positions(frames)

    def finish(self) -> np.ndarray:
        """Give the frames that were held back, (n, 22, 3), as `push` does.

        Raises:
            TokenizerError: if it was called before, or a latent is not complete.
        """
        return self._positions(self._frames.finish())

    def _positions(self, normalized: torch.Tensor) -> np.ndarray:
        features = self._tokenizer.statistics.denormalize(normalized.double().cpu().numpy())
        if len(features) == 0:
            return np.zeros((0, N_JOINTS, 3))
        return self._tokenizer._motion(self._places.push(features)).positions


def _read_config(path: Path) -> VQVAEConfig:
    try:
        fields = json.loads(path.read_text())
        for name in ("dilations", "levels"):
            if name in fields:
                fields[name] = tuple(fields[name])
        return VQVAEConfig(**fields)
    except (OSError, ValueError, AttributeError, TypeError, TokenizerError) as error:
        raise ModelFileError(f"{path}: missing or no VQ-VAE configuration ({error})") from error
