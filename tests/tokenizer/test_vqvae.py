from dataclasses import replace

import pytest
import torch

from motiongpt.errors import TokenizerError
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.vqvae import VQVAE

SMALL = VQVAEConfig(n_codes=16, code_dim=8, width=16)


def test_the_published_size_has_the_published_tensors_and_parameters() -> None:
    model = VQVAE(VQVAEConfig())
    assert len(model.state_dict()) == 67
    assert sum(p.numel() for p in model.parameters()) == 19_436_807


def test_four_frames_become_one_token_and_come_back() -> None:
    torch.manual_seed(0)
    model = VQVAE(SMALL).eval()
    indices = model.encode(torch.randn(2, 40, 263))
    assert indices.shape == (2, 10)
    assert 0 <= int(indices.min()) <= int(indices.max()) < 16
    assert model.decode(indices).shape == (2, 40, 263)


def test_decoding_the_indices_equals_the_reconstruction() -> None:
    torch.manual_seed(0)
    model = VQVAE(SMALL).eval()
    reconstruction, _, indices = model(torch.randn(2, 16, 263))
    assert torch.allclose(model.decode(indices), reconstruction, atol=1e-5)


@pytest.mark.parametrize("quantizer", ["ema", "fsq", "residual"])
def test_every_quantizer_decodes_what_it_reconstructs(quantizer: str) -> None:
    torch.manual_seed(0)
    config = replace(SMALL, quantizer=quantizer, levels=(4, 2, 2))
    model = VQVAE(config).eval()
    reconstruction, _, indices = model(torch.randn(2, 16, 263))
    assert indices.shape == (2, 4 * model.quantizer.tokens_per_latent)
    assert torch.allclose(model.decode(indices), reconstruction, atol=1e-5)


def test_a_causal_decoder_sees_no_later_token() -> None:
    torch.manual_seed(0)
    model = VQVAE(replace(SMALL, causal_decoder=True)).eval()
    indices = torch.randint(16, (1, 10))
    changed = indices.clone()
    changed[0, 6:] = (changed[0, 6:] + 1) % 16
    one, other = model.decode(indices)[0], model.decode(changed)[0]
    assert torch.equal(one[:24], other[:24])
    assert not torch.allclose(one[24:28], other[24:28])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"n_codes": 0}, "n_codes is 0"),
        ({"dilations": ()}, "dilations"),
        ({"quantizer": "lfq"}, "allowed: ema, fsq or residual"),
        ({"quantizer": "fsq", "levels": (8, 8)}, "n_codes"),
    ],
)
def test_sizes_that_make_no_sense_are_refused(fields: dict, message: str) -> None:
    with pytest.raises(TokenizerError, match=message):
        VQVAEConfig(**fields)
