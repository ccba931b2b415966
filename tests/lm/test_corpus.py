from pathlib import Path

import numpy as np
import pytest
import torch

from motiongpt.lm.corpus import MAX_BEFORE, Example, Variant, build_examples, encode_composed
from motiongpt.motion.composed_clips import compose_clips
from motiongpt.motion.crouches import DOWN, DOWN_AND_UP
from motiongpt.motion.dataset import Caption
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.vqvae import VQVAE
from tests.motion.clips import squatting_clip


@pytest.fixture(scope="module")
def tokenizer() -> MotionTokenizer:
    torch.manual_seed(0)
    model = VQVAE(VQVAEConfig(n_codes=16, code_dim=8, width=16)).eval()
    return MotionTokenizer(model, Statistics(np.zeros(263), np.ones(263)))


def test_every_clip_gives_itself_and_its_mirror_image(
    two_clips: Path, tokenizer: MotionTokenizer
) -> None:
    ids = ("walk", "wave")
    examples = build_examples(two_clips, two_clips / "prepared", ids, tokenizer, augment=True)
    assert [e.captions[0].text for e in examples[2:]] == [
        "a person waves their left hand",
        "a person waves their right hand",
    ]
    speeds = [[variant.speed for variant in e.variants] for e in examples]
    assert all(s == [1.0, 1.0, 0.9, 1.12] for s in speeds)
    assert all(len(variant.tokens) >= 12 for e in examples for variant in e.variants)
    assert all(set(e.variants[0].held) == {0, 4, 9, 13} for e in examples)


def test_a_squat_inside_a_clip_is_learnt_by_itself(
    tmp_path: Path, tokenizer: MotionTokenizer
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "features").mkdir()
    (tmp_path / "texts" / "gym.txt").write_text("gymnastics#x#0.0#0.0\n")
    np.save(tmp_path / "features" / "gym.npy", encode_features(canonicalize(squatting_clip())))
    ids, found = ("gym",), (DOWN, DOWN_AND_UP)
    examples = build_examples(tmp_path, tmp_path, ids, tokenizer, augment=True, mirrored=False)
    squats = [e for e in examples if tuple(c.text for c in e.captions) in found]
    assert len(squats) == 6
    assert all(5 <= len(e.variants[0].tokens) <= 20 for e in squats)


def test_two_clips_give_one_example_that_says_both(
    two_clips: Path, tokenizer: MotionTokenizer
) -> None:
    ids = ("walk", "wave")
    clips = list(compose_clips(two_clips, two_clips / "prepared", ids, 20, seed=0))
    examples = list(encode_composed(clips, tokenizer))
    texts = {caption.text for example in examples for caption in example.captions}
    assert any("walks forward" in text and "hand" in text for text in texts)
    lengths = {len(example.variants[0].tokens) for example in examples}
    assert lengths & {14, 15} and max(lengths) > 20  # together, and one after the other


def test_a_caption_of_a_span_gets_the_tokens_of_that_span() -> None:
    held = {0: 5, 12: 6}
    example = Example((Caption("Bow", 2.0, 4.0),), (Variant(tuple(range(40)), held=held),))
    drawn = [example.draw(np.random.default_rng(seed), 50, 5.0) for seed in range(20)]
    assert all(d.text == "bow" for d in drawn)
    assert all(d.tokens == tuple(range(10 - d.n_before, 20)) for d in drawn)
    assert {0, MAX_BEFORE} <= {d.n_before for d in drawn}
    assert all(d.held == {2 + d.n_before: 6} for d in drawn)


def test_a_long_motion_is_cut_at_a_random_place() -> None:
    example = Example((Caption("walk"),), (Variant(tuple(range(100))),))
    rng = np.random.default_rng(0)
    drawn = {example.draw(rng, 50, 4).tokens for _ in range(10)}
    assert all(len(tokens) == 50 for tokens in drawn)
    assert len(drawn) > 3
