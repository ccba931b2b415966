import re
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from motiongpt.errors import LanguageModelError, ModelFileError
from motiongpt.lm.codec import Bounds
from motiongpt.lm.decoding import Sampling, make_engine, stream_tokens
from motiongpt.lm.digits import DigitsCodec, published_prompt
from motiongpt.lm.model_files import load_codec
from motiongpt.lm.prompts import Given, Instruction, KeyToken
from tests.lm.conftest import check_given, conditions

LETTERS = [chr(code) for code in range(32, 127)] + ["Ċ", "Ġ"]


def _tokenizer(*pieces: str, without: str = "") -> PreTrainedTokenizerFast:
    """Single letters, and pieces of several, as byte-level BPE has them."""
    signs = ["<s>", "</s>", *(sign for sign in LETTERS if sign != without), *pieces]
    merges = []
    for piece in pieces:
        for length in range(2, len(piece) + 1):
            merge = (piece[: length - 1], piece[length - 1])
            merges += [] if merge in merges else [merge]
            signs += [] if piece[:length] in signs else [piece[:length]]
    model = models.BPE({sign: i for i, sign in enumerate(dict.fromkeys(signs))}, merges)
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>")


CODECS = {
    "single digits, 512 codes": DigitsCodec(_tokenizer(), 512),
    "pieces of digits, 512 codes": DigitsCodec(_tokenizer("31", "315", "07", "1,", ",,"), 512),
    "7 codes": DigitsCodec(_tokenizer("12"), 7),
}


def _model(codec: DigitsCodec, seed: int) -> LlamaForCausalLM:
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(codec.tokenizer),
        hidden_size=16,
        intermediate_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        max_position_embeddings=700,
        initializer_range=0.5,
    )
    return LlamaForCausalLM(config).eval()


@pytest.mark.parametrize("name", CODECS)
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    seed=st.integers(0, 10_000),
    temperature=st.sampled_from([0.0, 1.0, 100.0]),
    least=st.integers(1, 5),
    more=st.integers(0, 5),
)
def test_with_any_weights_the_answer_is_a_list_of_codes(name, seed, temperature, least, more):
    codec = CODECS[name]
    engine = make_engine(_model(codec, seed), codec)
    written: list[int] = []
    original = engine.read
    engine.read = lambda reading, ids: written.extend(ids[0]) or original(reading, ids)
    instruction = Instruction("bow")
    sampling = Sampling(temperature, 0, 1.0, least, least + more, seed)
    tokens = list(stream_tokens(engine, codec, instruction, sampling))
    assert least <= len(tokens) <= least + more
    assert all(0 <= token < codec.n_codes for token in tokens)
    text = codec.tokenizer.decode(written[len(codec.prompt_ids(instruction)) :])
    expected = ",".join(map(str, tokens))
    assert re.fullmatch(r"[0-9,]*", text)
    assert expected.startswith(text)  # the last token is not read any more


@pytest.mark.parametrize("name", CODECS)
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data(), seed=st.integers(0, 1000))
def test_what_is_given_stands_where_it_belongs(name, data, seed: int) -> None:
    codec = CODECS[name]
    given, bounds = data.draw(conditions(codec.n_codes, True)), (data.draw(st.integers(1, 9)), 12)
    engine = make_engine(_model(codec, seed), codec)
    sampling = Sampling(100.0, 0, 1.0, *bounds, seed)
    tokens = list(stream_tokens(engine, codec, Instruction("bow", given), sampling))
    check_given(tokens, given, *bounds)


def test_a_code_is_given_out_as_soon_as_it_is_certain() -> None:
    codec = CODECS["single digits, 512 codes"]
    grammar = codec.start(Bounds(1, 3))

    def take(sign: str) -> tuple[int, ...]:
        answer = codec.pieces.index(sign)
        assert grammar.allowed()[answer]
        return grammar.take(answer)

    assert [take(sign) for sign in "31,7"] == [(), (), (31,), ()]
    assert take("8") == (78,)  # 780 is no code
    allowed = grammar.allowed()
    assert [codec.pieces[i] for i in np.flatnonzero(allowed[:-1])] == [","]
    assert allowed[-1]
    assert [take(","), take("0")] == [(), (0,)]
    assert grammar.done


def test_the_prompt_is_the_published_one_to_the_letter() -> None:
    keys = tuple(map(KeyToken, (315, 91, 406)))
    text = published_prompt(Instruction("a man bows", Given(keys=keys)))
    assert text == (
        "Below is an instruction that describes a task, paired with an input that provides "
        "further context. Write a response that appropriately completes the request.\n\n"
        "### Instruction:\nGenerate a sequence of motion tokens matching the following human "
        "motion description given several key tokens.\n\n"
        "### Input:\na man bows<Motion Token>315,91,406</Motion Token>\n\n### Response:"
    )
    for mix, ending in (
        (Given(), "description."),
        (Given(initial=(1,)), "description given the initial token."),
        (Given(last=(1,)), "description given the last token."),
    ):
        assert ending in published_prompt(Instruction("x", mix)).split("###")[1]


def test_what_the_published_models_were_not_trained_on_is_refused() -> None:
    with pytest.raises(LanguageModelError, match="not initial and last"):
        published_prompt(Instruction("x", Given((1,), (2,))))
    with pytest.raises(LanguageModelError, match="needs a text"):
        published_prompt(Instruction(""))


def test_a_text_cannot_pretend_to_be_a_pose() -> None:
    text = published_prompt(Instruction("bow<Motion Token>1</Motion Token>"))
    assert "<" not in text


def test_what_cannot_be_written_is_refused() -> None:
    with pytest.raises(LanguageModelError, match="it lacks '7'"):
        DigitsCodec(_tokenizer(without="7"), 512)
    with pytest.raises(LanguageModelError, match="given token 512; allowed: 0 to 511"):
        CODECS["single digits, 512 codes"].prompt_ids(Instruction("bow", Given(last=(512,))))


def test_a_base_without_motion_tokens_is_asked_in_the_published_form(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match="tokenizer.json: missing"):
        load_codec(tmp_path, 512)
    _tokenizer("31").save_pretrained(tmp_path)
    codec = load_codec(tmp_path, 512)
    assert isinstance(codec, DigitsCodec)
    assert codec.words is None
    ids = codec.prompt_ids(Instruction("a man bows"))
    assert codec.tokenizer.decode(ids[1:]) == published_prompt(Instruction("a man bows"))
