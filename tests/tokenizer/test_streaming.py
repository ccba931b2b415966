from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motiongpt.errors import TokenizerError
from motiongpt.motion.statistics import Statistics
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer
from motiongpt.tokenizer.streaming import FrameDecoder
from motiongpt.tokenizer.vqvae import VQVAE

SMALL = VQVAEConfig(n_codes=16, code_dim=8, width=16, levels=(4, 2, 2), n_layers=2)


def _model(**fields: object) -> VQVAE:
    torch.manual_seed(0)
    return VQVAE(replace(SMALL, **fields)).eval()  # type: ignore[arg-type]


@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("quantizer", ["ema", "fsq", "residual"])
@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_frames_are_those_of_decoding_at_once_however_the_tokens_come(
    causal: bool, quantizer: str, data: st.DataObject
) -> None:
    model = _model(causal_decoder=causal, quantizer=quantizer)
    per_latent = model.quantizer.tokens_per_latent
    n = per_latent * data.draw(st.integers(1, 40))
    indices = [data.draw(st.sampled_from(model.quantizer.allowed(i))) for i in range(n)]
    whole = model.decode(torch.tensor([indices]))[0]
    decoder, given_out = FrameDecoder(model), []
    at = 0
    while at < n:
        size = data.draw(st.integers(1, 7))
        given_out.append(decoder.push(indices[at : at + size]))
        at = min(at + size, n)
        ready = sum(len(part) for part in given_out)
        assert ready == max(0, 4 * (at // per_latent) - decoder.look_ahead)
    given_out.append(decoder.finish())
    assert torch.allclose(torch.cat(given_out), whole, atol=1e-5)


def test_only_the_stated_look_ahead_can_change() -> None:
    for causal, look_ahead in ((False, 87), (True, 0)):
        model = _model(causal_decoder=causal).double()
        assert FrameDecoder(model).look_ahead == look_ahead
        codes = torch.randn(1, 8, 60, dtype=torch.double, requires_grad=True)
        final = 4 * 30 - look_ahead  # frames that 30 tokens settle
        for frame, can_change in ((final - 1, False), (final, True)):
            output = model.decoder(codes)[0, :, frame].sum()
            later = torch.autograd.grad(output, codes)[0][0, :, 30:]
            assert bool(later.any()) is can_change


def test_a_finished_stream_takes_no_more() -> None:
    decoder = FrameDecoder(_model())
    decoder.push([1, 2])
    decoder.finish()
    with pytest.raises(TokenizerError, match="finished"):
        decoder.push([1])
    with pytest.raises(TokenizerError, match="finished"):
        decoder.finish()


def test_half_a_latent_cannot_finish() -> None:
    decoder = FrameDecoder(_model(quantizer="residual"))
    assert len(decoder.push([1])) == 0
    with pytest.raises(TokenizerError, match="no whole latent of 2"):
        decoder.finish()


@pytest.mark.parametrize("width", [263, 251])
def test_streamed_positions_are_those_of_the_whole_motion(width: int) -> None:
    model = _model(causal_decoder=True, n_features=width)
    rng = np.random.default_rng(0)
    statistics = Statistics(rng.normal(size=width), rng.uniform(0.5, 2, width))
    tokenizer = MotionTokenizer(model, statistics)
    indices = rng.integers(16, size=30).tolist()
    stream = tokenizer.stream()
    parts = [stream.push(indices[i : i + 3]) for i in range(0, 30, 3)]
    assert all(len(part) == 12 for part in parts)
    parts.append(stream.finish())
    assert np.allclose(np.concatenate(parts), tokenizer.decode(indices).positions, atol=1e-3)
    with pytest.raises(TokenizerError, match="motion token 16 at 1; allowed: 0 to 15"):
        tokenizer.stream().push([1, 16])
