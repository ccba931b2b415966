from pathlib import Path

import numpy as np
import pytest
import torch
from peft import PeftModel

from motiongpt.lm.batches import IGNORED, SequenceMaker, stream_batches
from motiongpt.lm.corpus import Example
from motiongpt.lm.decoding import Sampling
from motiongpt.lm.prompts import Instruction, prompt_ids
from motiongpt.lm.train import LoraSize, Optimization, add_lora, make_base, train_stage
from motiongpt.lm.vocabulary import Vocabulary
from motiongpt.motion.dataset import Caption
from tests.lm.conftest import TINY, stream


@pytest.fixture
def maker(vocabulary: Vocabulary) -> SequenceMaker:
    examples = [
        Example((Caption("walk forward"),), ((1.0, 0, (1, 2, 3, 4, 5, 6)),)),
        Example((Caption("he bows"),), ((1.0, 0, (9, 8, 7, 9, 8, 7, 9)),)),
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
        prompt = prompt_ids(Instruction(text), vocabulary)
        greedy = Sampling(temperature=0, min_tokens=1, max_tokens=20)
        assert list(stream(merged, vocabulary, prompt, greedy)) == tokens


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


def test_only_the_answer_counts_in_an_instruction(maker: SequenceMaker) -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        sequence = maker.draw_instruction(rng)
        response = maker.vocabulary.marker_id("<response>")
        at = sequence.ids.index(response)
        assert all(label == IGNORED for label in sequence.labels[: at + 1])
        assert sequence.labels[at + 1 :] == sequence.ids[at + 1 :]


def test_corruption_changes_what_is_read_and_never_what_is_asked(
    maker: SequenceMaker, vocabulary: Vocabulary
) -> None:
    corrupting = SequenceMaker(maker.examples, [], vocabulary, corrupted_share=1.0)
    drawn = [corrupting.draw_instruction(np.random.default_rng(i)) for i in range(20)]
    assert any(
        s.ids != [i if lb == IGNORED else lb for i, lb in zip(s.ids, s.labels, strict=True)]
        for s in drawn
    )
    answers = {tuple(lb for lb in s.labels if lb != IGNORED) for s in drawn}
    assert len(answers) == 2


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
