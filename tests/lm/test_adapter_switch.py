from pathlib import Path

import pytest
import torch

from motiongpt.errors import LanguageModelError, ModelFileError
from motiongpt.lm.adapter_switch import AdapterSwitch
from motiongpt.lm.base import LoraSize, add_lora, make_base
from motiongpt.lm.decoding import Sampling
from motiongpt.lm.language_model import LanguageModel
from motiongpt.lm.prompts import Instruction
from motiongpt.lm.vocabulary import Vocabulary
from motiongpt.model_folder import ModelFolder
from motiongpt.train import save_adapter, save_base
from tests.lm.conftest import TINY


@pytest.fixture
def folders(vocabulary: Vocabulary, tmp_path: Path) -> tuple[Path, list[Path]]:
    """A base and two adapters that change it a lot; the second has token rows of its own."""
    base = make_base(vocabulary, TINY)
    save_base(base, vocabulary, ModelFolder(tmp_path))
    adapters = []
    for seed, tokens in ((1, None), (2, [70, 71])):
        base = make_base(vocabulary, TINY)
        base.load_state_dict(make_base(vocabulary, TINY).state_dict())
        adapted = add_lora(base, LoraSize(r=4, alpha=32), tokens)
        torch.manual_seed(seed)
        for name, parameter in adapted.named_parameters():
            if parameter.requires_grad and "base_model" in name:
                parameter.data.normal_(std=0.3)
        folder = ModelFolder(tmp_path / str(seed))
        save_adapter(adapted, folder)
        adapters.append(folder.adapter)
    return ModelFolder(tmp_path).base, adapters


def test_each_adapter_answers_as_if_it_had_been_loaded_alone(
    folders: tuple[Path, list[Path]],
) -> None:
    base, adapters = folders
    switch = AdapterSwitch(base, 16)
    sampling = Sampling(min_tokens=20, max_tokens=20)
    answers = []
    for turn in (0, 1, 0, 1, 1, 0):
        alone = LanguageModel.load(base, adapters[turn], 16)
        switched = switch.use(adapters[turn])
        ids = [[1, 2, 3]]
        logits = [m.engine.read(m.engine.start(3), ids) for m in (alone, switched)]
        assert torch.equal(*logits)
        answers.append(list(switched.stream(Instruction("bow"), sampling)))
    assert answers[0] == answers[2] == answers[5]
    assert answers[0] != answers[1]


def test_an_adapter_that_is_not_there_leaves_the_base_usable(
    folders: tuple[Path, list[Path]], tmp_path: Path
) -> None:
    base, adapters = folders
    switch = AdapterSwitch(base, 16)
    with pytest.raises(ModelFileError, match="adapter does not fit"):
        switch.use(tmp_path / "none")
    assert list(switch.use(adapters[0]).stream(Instruction("bow"), Sampling()))


def test_rounded_weights_take_one_adapter_only(folders: tuple[Path, list[Path]]) -> None:
    with pytest.raises(LanguageModelError, match="allowed to switch adapters: float32 and"):
        AdapterSwitch(folders[0], 16, weights="int4")
