"""A trained model is told once what it was trained on; what it does well is its repertoire."""

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import numpy as np

from motiongpt.check.promises import find_broken, find_promises
from motiongpt.errors import CommandError, ModelFileError
from motiongpt.lm.command import clean_command
from motiongpt.lm.decoding import Sampling
from motiongpt.lm.steps import split_steps
from motiongpt.matching.learn_sayings import learn_sayings
from motiongpt.matching.model import MatchingModel
from motiongpt.matching.repertoire import Repertoire, drop_alike
from motiongpt.motion.composed_clips import compose_clips, with_mirror_image
from motiongpt.motion.crouches import DOWN, DOWN_AND_UP
from motiongpt.motion.dataset import read_captions
from motiongpt.motion.features import recover_positions
from motiongpt.motion.kinematics import measure
from motiongpt.motion.observed_captions import observed_captions
from motiongpt.motion.prepare import Preparation
from motiongpt.motion.skeleton import HUMANML3D
from motiongpt.pipeline import MotionGPT

LEAST_CHANCE = 0.5
"""A motion that fits its sentence with less chance is not done well."""

LEAST_TOKENS = 2
"""A motion of fewer tokens is none."""

AGAIN = tuple(Sampling(temperature=0.5, seed=seed) for seed in (1, 2, 3, 4))
"""A sentence that is done well only by chance is found when it is done again so."""


def rehearse(
    model: MotionGPT,
    sentences: Iterable[str],
    on_progress: Callable[[int, int], None] | None = None,
) -> Repertoire:
    """Let a model do all sentences, and keep those that it does well.

    The motion must fit the sentence by the matching model, and by geometry do what its words
    promise, at its most likely and when it is sampled.

    Args:
        model: with a matching model.
        sentences: that it was trained on.
        on_progress: called with the sentences done and all there are.

    Raises:
        ModelFileError: if the model has no matching model, or does nothing well.
    """
    matching, kept, motions, seen = model.need_matching(), [], [], []
    said = list(dict.fromkeys(_single_steps(model, sentences)))
    for done, sentence in enumerate(said, start=1):
        result = model.perform((sentence,), Sampling())
        if len(result.tokens) >= LEAST_TOKENS:
            measured = measure(result.motion)
            if not find_broken(sentence, measured):
                kept.append(sentence)
                motions.append(result.motion)
                seen.append(measured)
        if on_progress is not None:
            on_progress(done, len(said))
    chosen: list[int] = []
    if kept:
        texts, vectors = matching.encode_text(kept), matching.encode_motion(motions)
        fits = (texts * vectors).sum(axis=1)
        well = [i for i in np.argsort(-fits) if _chance(matching, fits[i]) >= LEAST_CHANCE]
        chosen = drop_alike(texts, vectors, well, lambda i: _is_steady(model, kept[i]))
    if not chosen:
        raise ModelFileError(f"of {len(said)} sentences the model does none well")
    sentences = tuple(kept[i] for i in chosen)
    done_so = tuple(seen[i] for i in chosen)
    found = Repertoire(sentences, texts[chosen], vectors[chosen], seen=done_so)
    return learn_sayings(found, matching, model.meaning) if model.meaning else found


def _is_steady(model: MotionGPT, sentence: str) -> bool:
    """Whether it is kept when sampled; where nothing is promised, nothing is tried."""
    return not find_promises(sentence) or all(
        not find_broken(sentence, measure(model.perform((sentence,), sampling).motion))
        for sampling in AGAIN
    )


def _chance(matching: MatchingModel, cosine: float) -> float:
    return matching.calibration.chance(float(cosine))


def _single_steps(model: MotionGPT, sentences: Iterable[str]) -> Iterator[str]:
    words = model.language_model.codec.words
    for sentence in sentences:
        try:
            cleaned = clean_command(sentence, words)
        except CommandError:
            continue
        if len(split_steps(cleaned)) == 1:
            yield cleaned


def trained_sentences(
    folder: Path, prepared: Path, data: Preparation, n_composed: int, seed: int = 0
) -> Iterator[str]:
    """What a language model is told in training, paraphrases left out.

    Args:
        folder: dataset in HumanML3D's layout.
        prepared: what `prepare` wrote of it.
        data: what `prepare` returned.
        n_composed: pairs of clips to combine.
        seed: of the compositions.
    """
    ids = next(iter(data.ready.values()))
    yield from (*DOWN_AND_UP, *DOWN)
    for clip_id in ids:
        captions = read_captions(folder / "texts" / f"{clip_id}.txt")
        for name, said in with_mirror_image(clip_id, captions, data.mirrored):
            yield from (caption.text for caption in said)
            features = np.load(prepared / "features" / f"{name}.npy", allow_pickle=False)
            seen = observed_captions(recover_positions(features), said, HUMANML3D.fps)
            yield from (caption.text for caption in seen)
    rng = np.random.default_rng(seed)
    for clip in compose_clips(folder, prepared, ids, n_composed, seed, data.mirrored):
        whole = [caption.text for caption in clip.captions if caption.end <= caption.start]
        yield whole[rng.integers(len(whole))]
