import numpy as np
import pytest

from motiongpt.lm.command import split_words
from motiongpt.matching.distil import (
    Distillation,
    Lesson,
    distil,
    explain_sayings,
    learn_meanings,
    make_sentences,
)
from motiongpt.matching.meanings import SentenceEncoder
from motiongpt.matching.network import SequenceSize
from motiongpt.matching.sayings import NO_MOVEMENT, Saying

WORDS = tuple("walk run wave jump left right pizza joke guitar door".split())
SMALL = Distillation(
    SequenceSize(width=16, heads=2, dim=8, longest=6, dropout=0.0),
    n_changed=60,
    n_random=60,
    steps=150,
    batch=32,
    learning_rate=1e-2,
)


def test_sentences_are_captions_changed_ones_and_random_ones() -> None:
    texts = make_sentences(["Walk left", "run right", "..."], WORDS, SMALL)
    assert texts[:2] == ["walk left", "run right"]
    assert len(set(texts)) == len(texts) > 60
    assert all(set(split_words(text)) <= set(WORDS) for text in texts)
    assert texts == make_sentences(["Walk left", "run right", "..."], WORDS, SMALL)
    assert any(set(split_words(text)) & {"pizza", "joke"} for text in texts)


def test_sentences_are_put_where_the_teacher_puts_them() -> None:
    rng = np.random.default_rng(0)
    of_words = rng.standard_normal((len(WORDS), 8))
    place = dict(zip(WORDS, of_words, strict=True))
    texts = make_sentences(["walk left", "run right"], WORDS, SMALL)
    wanted = np.array([np.sum([place[w] for w in text.split()], axis=0) for text in texts])
    wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
    seen: list[tuple[int, int]] = []
    model = learn_meanings(
        Lesson(texts, wanted), WORDS, of_words, SMALL, on_step=lambda *done: seen.append(done)
    )
    vectors = model.encode(texts)
    asked = (wanted @ wanted.T)[np.triu_indices(len(texts), 1)]
    found = (vectors @ vectors.T)[np.triu_indices(len(texts), 1)]
    assert np.corrcoef(asked, found)[0, 1] > 0.9
    assert seen[-1] == (150, 150)


def test_a_pretrained_encoder_teaches(encoder: SentenceEncoder) -> None:
    few = Distillation(SMALL.size, n_changed=4, n_random=4, steps=2, batch=4)
    words = ("walks", "waves", "wearily")
    sayings = (Saying("he waves wearily", "waves"), Saying("he", NO_MOVEMENT))
    for said in (sayings, ()):
        model = distil(encoder, ["walks wearily", "he waves"], said, words, few)
        assert model.words == words
        assert model.encode(["he waves"]).shape == (1, 8)


def test_a_saying_belongs_between_what_it_says_and_what_is_meant(encoder: SentenceEncoder) -> None:
    sayings = (Saying("he waves wearily", "walks"), Saying("she waves", NO_MOVEMENT))
    for share in (0.0, 0.7, 1.0):
        lesson = explain_sayings(encoder, sayings, Distillation(SMALL.size, plain_share=share))
        assert lesson.texts[:2] == ["walks", "he waves wearily"]
        assert len(lesson.texts) == len(set(lesson.texts)) == 7  # each framed twice
        plain, said, own = encoder.encode(["walks", "he waves wearily", "she waves"])
        meant = said + share * (plain - said)
        wanted = np.array([plain, *3 * [meant / np.linalg.norm(meant)], *3 * [own]])
        assert np.allclose(lesson.vectors, wanted, atol=1e-6)


def test_sayings_are_learnt_besides_captions() -> None:
    rng = np.random.default_rng(0)
    of_words = rng.standard_normal((len(WORDS), 8))
    lesson = Lesson(["walk left", "run right"], np.eye(8)[:2])
    said = Lesson(["joke pizza", "door guitar"], np.eye(8)[:2])
    model = learn_meanings(lesson, WORDS, of_words, SMALL, said)
    walk, joke, door = model.encode(["walk left", "joke pizza", "door guitar"])
    assert walk @ joke > 0.9 and walk @ door < 0.5


def test_the_same_seed_gives_the_same_model() -> None:
    wanted, of_words = np.eye(8)[:2], np.ones((len(WORDS), 8))
    few = Distillation(SMALL.size, steps=3, batch=4)
    made = [
        learn_meanings(Lesson(["walk", "run"], wanted), WORDS, of_words, few).encode(["jump"])
        for _ in range(2)
    ]
    assert made[0] == pytest.approx(made[1])
