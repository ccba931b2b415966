from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel

from motiongpt.errors import LanguageModelError, ModelFileError
from motiongpt.lm.base import LoraSize, add_lora, make_base
from motiongpt.lm.batches import IGNORED, SequenceMaker, stream_batches
from motiongpt.lm.corpus import Example, Variant
from motiongpt.lm.decoding import Sampling
from motiongpt.lm.prompts import Instruction
from motiongpt.lm.train import Optimization, train_stage
from motiongpt.lm.vocabulary import Vocabulary
from motiongpt.motion.dataset import Caption
from tests.lm.conftest import TINY, stream


@pytest.fixture
def maker(vocabulary: Vocabulary) -> SequenceMaker:
    examples = [
        Example((Caption("walk forward"),), (Variant((1, 2, 3, 4, 5, 6)),)),
        Example((Caption("he bows"),), (Variant((9, 8, 7, 9, 8, 7, 9)),)),
    ]
    return SequenceMaker(examples, [], vocabulary, corrupted_share=0.0)


def _options(steps: int) -> Optimization:
    return Optimization(
        steps, batch=8, learning_rate=5e-3, warmup=5, bf16=False, checkpoint_every=5
    )


def test_base_then_lora_learn_to_follow_the_text(
    maker: SequenceMaker, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    base = make_base(vocabulary, TINY)
    train_stage(base, maker, maker, "base", tmp_path, _options(150))
    adapted = add_lora(base, LoraSize(r=4, alpha=8, dropout=0.0))
    train_stage(adapted, maker, maker, "lora", tmp_path, _options(100))
    adapted.save_pretrained(tmp_path / "adapter")
    base.save_pretrained(tmp_path / "base")
    merged = adapted.merge_and_unload().eval()
    for text, tokens in (("walk forward", [1, 2, 3, 4, 5, 6]), ("he bows", [9, 8, 7, 9, 8, 7, 9])):
        greedy = Sampling(temperature=0, min_tokens=1, max_tokens=20)
        assert list(stream(merged, vocabulary, Instruction(text), greedy)) == tokens


def test_a_killed_stage_goes_on_to_the_same_weights(
    maker: SequenceMaker, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    def kill(record: dict) -> None:
        if record["step"] == 5:
            raise KeyboardInterrupt

    models = [make_base(vocabulary, TINY) for _ in range(3)]
    train_stage(models[0], maker, maker, "base", tmp_path / "whole", _options(10))
    with pytest.raises(KeyboardInterrupt):
        train_stage(models[1], maker, maker, "base", tmp_path / "killed", _options(10), kill)
    train_stage(models[2], maker, maker, "base", tmp_path / "killed", _options(10))
    for one, other in zip(models[0].parameters(), models[2].parameters(), strict=True):
        assert torch.equal(one, other)


def test_parts_of_a_batch_learn_the_same_as_the_whole(
    maker: SequenceMaker, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    models = [make_base(vocabulary, replace(TINY)) for _ in range(2)]
    for model, parts in zip(models, (1, 4), strict=True):
        model.config.attention_dropout = 0.0
        for layer in model.model.layers:
            layer.self_attn.attention_dropout = 0.0
        options = replace(_options(5), accumulation=parts, gradient_checkpointing=parts > 1)
        train_stage(model, maker, maker, "base", tmp_path / str(parts), options)
    for one, other in zip(models[0].parameters(), models[1].parameters(), strict=True):
        assert torch.allclose(one, other, atol=1e-4)


def test_a_checkpoint_of_another_model_is_refused(
    maker: SequenceMaker, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    train_stage(make_base(vocabulary, TINY), maker, maker, "base", tmp_path, _options(5))
    other = make_base(vocabulary, replace(TINY, width=16))
    with pytest.raises(ModelFileError, match="base: no checkpoint of this model; remove it"):
        train_stage(other, maker, maker, "base", tmp_path, _options(5))


def test_a_batch_must_be_divisible(
    maker: SequenceMaker, vocabulary: Vocabulary, tmp_path: Path
) -> None:
    options = replace(_options(5), accumulation=3)
    with pytest.raises(LanguageModelError, match="batch is 8; allowed: a multiple of 3"):
        train_stage(make_base(vocabulary, TINY), maker, maker, "base", tmp_path, options)
    with pytest.raises(LanguageModelError, match="accumulation is 0"):
        replace(options, accumulation=0)


def test_only_what_is_drawn_when_decoding_counts_in_an_instruction(
    maker: SequenceMaker, vocabulary: Vocabulary
) -> None:
    rng, kinds = np.random.default_rng(0), Counter()
    markers = {m: vocabulary.marker_id(m) for m in ("<initial>", "<last>", "<key>", "<length>")}
    for _ in range(300):
        sequence = maker.draw_instruction(rng)
        kinds.update(name for name, marker in markers.items() if marker in sequence.ids)
        starts = [vocabulary.marker_id(m) for m in ("<response>", "<caption>")]
        at = next(i for i, token in enumerate(sequence.ids) if token in starts)
        assert all(label == IGNORED for label in sequence.labels[: at + 1])
        counted = [(i, lb) for i, lb in enumerate(sequence.labels) if lb != IGNORED]
        assert all(sequence.ids[i] == label for i, label in counted)
        kinds["whole answers"] += len(counted) == len(sequence.ids) - at - 1
        kinds["forced tokens"] += len(counted) < len(sequence.ids) - at - 1
        kinds["captions"] += sequence.ids[at] == starts[1]
        kinds["no text"] += sequence.ids[1] in {*markers.values(), *starts[:1]}
    assert all(kinds[k] > 10 for k in [*markers, "captions", "no text"]), kinds
    assert kinds["whole answers"] > 50 and kinds["forced tokens"] > 50


def test_corruption_changes_what_is_read_and_never_what_is_asked(
    maker: SequenceMaker, vocabulary: Vocabulary
) -> None:
    corrupting = replace(maker, corrupted_share=1.0)
    plain = [maker.draw_base(np.random.default_rng(i)) for i in range(20)]
    drawn = [corrupting.draw_base(np.random.default_rng(i)) for i in range(20)]
    assert [s.labels for s in drawn] == [s.labels for s in plain]
    assert any(s.ids != s.labels for s in drawn)


def test_batches_are_the_same_again_from_any_step(maker: SequenceMaker) -> None:
    whole = stream_batches(maker.draw_base, 4, 0, seed=3)
    for _ in range(11):
        next(whole)
    late = stream_batches(maker.draw_base, 4, 0, seed=3, step=11)
    assert torch.equal(next(whole)["input_ids"], next(late)["input_ids"])


def test_an_adapter_is_an_ordinary_peft_folder(vocabulary: Vocabulary, tmp_path: Path) -> None:
    adapted = add_lora(make_base(vocabulary, TINY), LoraSize(r=4))
    adapted.save_pretrained(tmp_path)
    again = PeftModel.from_pretrained(make_base(vocabulary, TINY), str(tmp_path))
    assert again.peft_config["default"].r == 4
