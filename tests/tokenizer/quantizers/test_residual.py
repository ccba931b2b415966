import torch

from motiongpt.tokenizer.quantizers import ResidualQuantizer


def _trained(n_layers: int) -> tuple[ResidualQuantizer, torch.Tensor]:
    torch.manual_seed(0)
    quantizer = ResidualQuantizer(16, 3, n_layers).train()
    for _ in range(200):
        quantizer(torch.randn(1, 256, 3))
    return quantizer.eval(), torch.randn(1, 500, 3)


def test_each_layer_leaves_less_over() -> None:
    errors = []
    for n_layers in (1, 2, 3):
        quantizer, latents = _trained(n_layers)
        codes = quantizer.codes(quantizer.indices(latents))
        errors.append(float((codes - latents).pow(2).mean()))
    assert errors[2] < 0.6 * errors[1] < 0.36 * errors[0]


def test_tokens_of_different_layers_have_different_indices() -> None:
    quantizer, latents = _trained(3)
    indices = quantizer.indices(latents).unflatten(1, (-1, 3))
    assert quantizer.n_indices == 48
    for layer in range(3):
        assert set(indices[..., layer].unique().tolist()) <= set(quantizer.allowed(layer))
    assert quantizer.allowed(4) == range(16, 32)


def test_the_codes_are_the_sum_of_the_layers() -> None:
    quantizer, latents = _trained(2)
    codes, _, indices = quantizer(latents)
    assert torch.allclose(codes, quantizer.codes(indices), atol=1e-6)
