"""Both stages on two processes, as torchrun and accelerate start them."""

import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from accelerate import PartialState
from accelerate.state import AcceleratorState
from accelerate.utils import DistributedType
from peft import PeftModel
from safetensors.torch import load_file
from torch.distributed.tensor import DTensor
from transformers import LlamaForCausalLM

from motiongpt.errors import LanguageModelError, ModelFileError
from motiongpt.lm.base import LoraSize, add_lora, make_base
from motiongpt.lm.batches import SequenceMaker
from motiongpt.lm.corpus import Example, Variant
from motiongpt.lm.train import Optimization, train_stage
from motiongpt.lm.vocabulary import Vocabulary, train_vocabulary
from motiongpt.model_folder import ModelFolder
from motiongpt.motion.dataset import Caption
from motiongpt.train import save_adapter, save_base
from tests.lm.conftest import CAPTIONS, TINY
from tests.two_processes import run_in_two

OPTIONS = Optimization(10, batch=8, accumulation=2, warmup=2, bf16=False, checkpoint_every=5)


class Killed(Exception):
    """The run ends here, in all processes."""


def kill(step: int, n_steps: int) -> None:
    if step == 7:
        raise Killed


def shard(version: int) -> None:
    """Shard from now on.

    accelerate shards on accelerators alone and leaves it out on the CPU without a word; so it is
    told here that these processes have one. torch shards on either.
    """
    os.environ["ACCELERATE_USE_FSDP"] = "true"
    os.environ["FSDP_VERSION"] = str(version)
    os.environ["FSDP_AUTO_WRAP_POLICY"] = "TRANSFORMER_BASED_WRAP"
    AcceleratorState._reset_state()
    PartialState._shared_state["distributed_type"] = DistributedType.MULTI_GPU


def make_sequences(vocabulary: Vocabulary) -> SequenceMaker:
    examples = [
        Example((Caption("walk forward"),), (Variant((1, 2, 3, 4, 5, 6)),)),
        Example((Caption("he bows"),), (Variant((9, 8, 7, 9, 8, 7, 9)),)),
    ]
    return SequenceMaker(examples, [], vocabulary, corrupted_share=0.0)


def without_dropout(model: torch.nn.Module) -> torch.nn.Module:
    for module in model.modules():
        if hasattr(module, "attention_dropout"):
            module.attention_dropout = 0.0
    return model


def train_in(folder: Path, kind: str) -> None:
    """Train a base, killed and begun again where there are two processes, and an adapter."""
    vocabulary = train_vocabulary(CAPTIONS, n_codes=16, n_pieces=300)
    maker, model = make_sequences(vocabulary), ModelFolder(folder)
    base = without_dropout(make_base(vocabulary, TINY))
    if kind != "one":
        with pytest.raises(Killed):
            train_stage(base, maker, maker, "base", folder, OPTIONS, on_step=kill)
        base = without_dropout(make_base(vocabulary, TINY, seed=1))
    weights = train_stage(base, maker, maker, "base", folder, OPTIONS)
    if PartialState().is_main_process:
        save_base(base, vocabulary, model, weights)
    PartialState().wait_for_everyone()
    base = LlamaForCausalLM.from_pretrained(model.base, dtype=torch.float32)
    new = list(range(vocabulary.first_motion_id, vocabulary.size))
    adapted = add_lora(base, LoraSize(r=4, dropout=0.0), new)
    weights = train_stage(without_dropout(adapted), maker, maker, "lora", folder, OPTIONS)
    if PartialState().is_main_process:
        save_adapter(adapted, model, weights)
    sharded = [
        isinstance(p, DTensor) and p.to_local().numel() < p.numel()
        for p in adapted.parameters()
        if p.dim() > 1
    ]
    assert all(sharded) if kind == "fsdp" else not any(sharded)


def refuse_what_cannot_be(folder: Path) -> None:
    """Messages that only several processes can give."""
    vocabulary = train_vocabulary(CAPTIONS, n_codes=16, n_pieces=300)
    maker = make_sequences(vocabulary)
    other = make_base(vocabulary, replace(TINY, width=16))
    with pytest.raises(ModelFileError, match="no checkpoint of this model; remove it"):
        train_stage(other, maker, maker, "base", folder, OPTIONS)
    shard(version=1)
    with pytest.raises(LanguageModelError, match="FSDP 1 is asked for; allowed: 2"):
        train_stage(other, maker, maker, "base", folder, OPTIONS)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_in_two("tests.lm.test_processes", tmp_path_factory.mktemp("two"))


@pytest.fixture(scope="module")
def one(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("one")
    train_in(folder, "one")
    return folder


@pytest.mark.parametrize("kind", ["copies", "fsdp"])
def test_two_processes_learn_what_one_learns(kind: str, one: Path, two: Path) -> None:
    both = two / kind
    for stage in ("base", "lora"):
        logs = [(folder / f"{stage}.jsonl").read_text() for folder in (one, both)]
        expected, found = ([json.loads(line) for line in log.splitlines()] for log in logs)
        assert [record["step"] for record in found] == [5, 10]
        for name in ("loss", "val_loss"):
            losses = [record[name] for record in expected]
            assert [record[name] for record in found] == pytest.approx(losses, rel=1e-4)
    for path, tolerance in (
        ("base/model.safetensors", 1e-2),  # a bfloat16 may be rounded either way
        ("adapter/adapter_model.safetensors", 1e-4),
    ):
        expected, found = load_file(one / path), load_file(both / path)
        assert expected.keys() == found.keys()
        for name, tensor in expected.items():
            torch.testing.assert_close(found[name], tensor, rtol=tolerance, atol=1e-4)
    base = LlamaForCausalLM.from_pretrained(both / "base", dtype=torch.float32)
    assert base.config.architectures == ["LlamaForCausalLM"]
    adapted = PeftModel.from_pretrained(base, str(both / "adapter"))
    assert adapted(torch.tensor([[1, 5, 9]])).logits.isfinite().all()


def main(folder: Path) -> None:
    """One of the processes."""
    assert PartialState(cpu=True).num_processes == 2
    train_in(folder / "copies", "copies")
    shard(version=2)
    train_in(folder / "fsdp", "fsdp")
    refuse_what_cannot_be(folder / "fsdp")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
