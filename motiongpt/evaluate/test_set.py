"""The real clips and captions that everything is compared with."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiongpt.errors import EvaluationError
from motiongpt.evaluate.tasks import Task
from motiongpt.motion.augment import mirror_text
from motiongpt.motion.dataset import Caption, read_captions
from motiongpt.motion.prepare import Preparation, mirrored_id
from motiongpt.tokenizer.reconstruction import WINDOW

FRAMES_A_POSE = 4
"""Frames of a given pose: those of one motion token."""

KEYS = (3, 5)
"""Fewest and most key poses that are given."""


@dataclass(frozen=True)
class RealClip:
    """A clip with its captions.

    Attributes:
        clip_id: its name.
        features: shape (T, F), not normalized; T a multiple of 4, at most 196.
        captions: at least one.
    """

    clip_id: str
    features: np.ndarray
    captions: tuple[Caption, ...]

    @property
    def texts(self) -> frozenset[str]:
        """What is said of it."""
        return frozenset(caption.text.lower() for caption in self.captions)


@dataclass(frozen=True)
class Request:
    """A real clip, one of its captions, and where the poses are that may be given.

    Attributes:
        clip: what really happened.
        caption: what is said of it.
        keys: places of the key poses, in poses of 4 frames, in time order.
        seed: of what is drawn for it.
    """

    clip: RealClip
    caption: Caption
    keys: tuple[int, ...]
    seed: int

    def places(self, task: Task) -> tuple[int, ...]:
        """Places of the poses that a task gives, in poses of 4 frames."""
        last = len(self.clip.features) // FRAMES_A_POSE - 1
        given = {Task.INITIAL: (0,), Task.LAST: (last,), Task.KEYS: self.keys}
        return given.get(task, ())

    def poses(self, task: Task) -> np.ndarray:
        """Frames (K, 4, F) of the poses that a task gives."""
        frames = self.clip.features.reshape(-1, FRAMES_A_POSE, self.clip.features.shape[1])
        return frames[list(self.places(task))]


def load_clips(
    folder: Path, prepared: Path, data: Preparation, split: str, mirrored: bool = False
) -> tuple[RealClip, ...]:
    """Read the clips of a split; longer ones are cut to 196 frames.

    Args:
        folder: dataset in HumanML3D's layout.
        prepared: what `prepare` wrote of it.
        data: what `prepare` returned.
        split: such as "val".
        mirrored: add the mirror images.

    Raises:
        EvaluationError: if there is no such split, or none of its clips has a caption.
    """
    if split not in data.ready:
        raise EvaluationError(f"no split '{split}'; splits: {', '.join(data.ready)}")
    clips = []
    for image in (False, True) if mirrored and data.mirrored else (False,):
        for clip_id in data.ready[split]:
            name = mirrored_id(clip_id) if image else clip_id
            captions = _whole(read_captions(folder / "texts" / f"{clip_id}.txt"))
            features = np.load(prepared / "features" / f"{name}.npy").astype(np.float64)
            n_frames = min(len(features), WINDOW) // FRAMES_A_POSE * FRAMES_A_POSE
            if captions:
                said = tuple(map(_mirror, captions)) if image else captions
                clips.append(RealClip(name, features[:n_frames], said))
    if not clips:
        raise EvaluationError(f"no clip of split '{split}' in {folder} has a caption of its own")
    return tuple(clips)


def _whole(captions: tuple[Caption, ...]) -> tuple[Caption, ...]:
    """Captions of the whole clip."""
    return tuple(c for c in captions if c.text and c.end <= c.start)


def _mirror(caption: Caption) -> Caption:
    tokens = tuple(map(mirror_text, caption.tokens))
    return Caption(mirror_text(caption.text), caption.start, caption.end, tokens)


def draw_requests(clips: tuple[RealClip, ...], seed: int) -> tuple[Request, ...]:
    """Draw a caption and key poses for each clip, and a seed for what is generated."""
    rng = np.random.default_rng(seed)
    requests = []
    for clip in clips:
        n_poses = len(clip.features) // FRAMES_A_POSE
        n_keys = min(int(rng.integers(KEYS[0], KEYS[1] + 1)), n_poses)
        keys = np.sort(rng.choice(n_poses, n_keys, replace=False)).tolist()
        caption = clip.captions[rng.integers(len(clip.captions))]
        requests.append(Request(clip, caption, tuple(keys), int(rng.integers(1 << 31))))
    return tuple(requests)
