import pytest
import torch

from motiongpt.errors import TokenizerError
from motiongpt.tokenizer.config import VQVAEConfig
from motiongpt.tokenizer.quantizer import EMAQuantizer
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


def test_each_latent_goes_to_its_nearest_code() -> None:
    torch.manual_seed(0)
    quantizer = EMAQuantizer(16, 8).eval()
    latents = torch.randn(3, 5, 8)
    nearest = torch.cdist(latents.reshape(-1, 8), quantizer.codebook).argmin(dim=1)
    assert torch.equal(quantizer.indices(latents).reshape(-1), nearest)


def test_the_codebook_moves_to_the_clusters_and_unused_codes_are_reset() -> None:
    torch.manual_seed(0)
    quantizer = EMAQuantizer(4, 2).train()
    centers = torch.tensor([[3.0, 0.0], [-3.0, 0.0], [0.0, 3.0]])
    for _ in range(300):
        quantizer(centers.repeat(40, 1)[None] + 0.05 * torch.randn(1, 120, 2))
    quantizer.eval()
    codes, commitment, _ = quantizer(centers[None])
    assert torch.allclose(codes[0], centers, atol=0.2)
    assert commitment < 0.05


def test_gradients_pass_straight_through_the_codes() -> None:
    quantizer = EMAQuantizer(4, 2).eval()
    latents = torch.randn(1, 6, 2, requires_grad=True)
    codes, _, _ = quantizer(latents)
    codes.sum().backward()
    assert latents.grad is not None
    assert torch.allclose(latents.grad, torch.ones_like(latents))


def test_a_size_below_one_is_refused() -> None:
    with pytest.raises(TokenizerError, match="n_codes is 0"):
        VQVAEConfig(n_codes=0)
