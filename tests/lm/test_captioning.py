from dataclasses import replace
from pathlib import Path

import pytest

from motiongpt.errors import LanguageModelError
from motiongpt.lm.base import make_base
from motiongpt.lm.batches import SequenceMaker
from motiongpt.lm.captioning import Captioner
from motiongpt.lm.codec import VocabularyCodec
from motiongpt.lm.corpus import Example, Variant
from motiongpt.lm.decoding import Sampling, make_engine
from motiongpt.lm.train import Optimization, train_stage
from motiongpt.lm.vocabulary import Vocabulary
from motiongpt.motion.dataset import Caption
from tests.lm.conftest import TINY

MOTIONS = {"walk forward": (1, 2, 3, 4, 5, 6), "he bows": (9, 8, 7, 9, 8, 7, 9)}


def _captioner(model, vocabulary: Vocabulary) -> Captioner:
    return Captioner(make_engine(model, VocabularyCodec(vocabulary)), vocabulary)


def test_a_trained_model_says_what_a_motion_is(vocabulary: Vocabulary, tmp_path: Path) -> None:
    examples = [Example((Caption(text),), (Variant(m),)) for text, m in MOTIONS.items()]
    maker = SequenceMaker(examples, [], vocabulary, varied=False, captioned_share=0.7)
    model = make_base(vocabulary, TINY)
    options = Optimization(100, batch=8, learning_rate=5e-3, warmup=5, bf16=False)
    train_stage(model, maker, maker, "lora", tmp_path, options)
    captioner = _captioner(model.eval(), vocabulary)
    assert {text: captioner.caption(m, Sampling()) for text, m in MOTIONS.items()} == {
        text: text for text in MOTIONS
    }


def test_with_any_weights_a_caption_is_text(vocabulary: Vocabulary) -> None:
    for seed in range(5):
        captioner = _captioner(make_base(vocabulary, TINY, seed=seed).eval(), vocabulary)
        said = captioner.caption((1, 2, 3), Sampling(temperature=5.0, top_k=0, top_p=1.0))
        assert said and not any(marker in said for marker in ("<motion", "<s>", "<response>"))


def test_captions_change_nothing_for_motions(model, vocabulary: Vocabulary) -> None:
    codec = VocabularyCodec(vocabulary)
    engine = make_engine(model, codec)
    ids = [[1, 2, 3]]
    before = engine.read(engine.start(10), ids)
    Captioner(engine, vocabulary).caption((1,), Sampling())
    assert engine.read(engine.start(10), ids).equal(before)


def test_what_is_no_motion_is_refused(model, vocabulary: Vocabulary) -> None:
    captioner = _captioner(model, vocabulary)
    for indices, message in (
        ((), "a motion of 0 motion tokens; allowed: 1 to 50"),
        ((1,) * 51, "a motion of 51"),
        ((16,), "motion token 16; allowed: 0 to 15"),
    ):
        with pytest.raises(LanguageModelError, match=message):
            captioner.caption(indices, replace(Sampling()))
