import torch

from motiongpt.tokenizer.quantizers import FSQuantizer


def test_every_index_has_its_own_code_and_comes_back() -> None:
    torch.manual_seed(0)
    quantizer = FSQuantizer((5, 4, 3), 8).eval()
    assert quantizer.n_indices == 60
    # With the projections the identity, the grid points themselves are the latents.
    with torch.no_grad():
        for layer in (quantizer.down, quantizer.up):
            layer.weight.copy_(torch.eye(*layer.weight.shape))
            layer.bias.zero_()
    codes = quantizer.codes(torch.arange(60)[None])
    assert len(codes[0].unique(dim=0)) == 60
    points = codes[..., :3] * torch.tensor([2.0, 2.0, 1.0])
    half = (torch.tensor([5.0, 4.0, 3.0]) - 1) * (1 + 1e-3) / 2
    shift = torch.tensor([0.0, 0.5, 0.0])
    inside = ((points + shift) / half).clamp(-0.999, 0.999)
    latents = torch.zeros(1, 60, 8)
    latents[..., :3] = torch.atanh(inside) - torch.atanh(shift / half)
    assert torch.equal(quantizer.indices(latents), torch.arange(60)[None])


def test_all_of_the_grid_is_reached_and_nothing_outside() -> None:
    torch.manual_seed(0)
    quantizer = FSQuantizer((8, 8), 2).eval()
    indices = quantizer.indices(20 * torch.randn(1, 100_000, 2))
    assert set(indices.unique().tolist()) == set(range(64))


def test_gradients_reach_the_latents_and_both_projections() -> None:
    quantizer = FSQuantizer((8, 5), 4).train()
    latents = torch.randn(1, 6, 4, requires_grad=True)
    codes, commitment, _ = quantizer(latents)
    (codes**2).sum().backward()
    assert commitment == 0
    assert latents.grad is not None and latents.grad.abs().sum() > 0
    assert all(p.grad is not None for p in quantizer.parameters())
