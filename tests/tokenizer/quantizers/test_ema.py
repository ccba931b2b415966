import torch

from motiongpt.tokenizer.quantizers import EMAQuantizer


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


def _train(resets: bool) -> EMAQuantizer:
    torch.manual_seed(0)
    quantizer = EMAQuantizer(32, 2).train()
    quantizer.set_resets(resets)
    for step in range(200):  # all latents start in one place and then spread
        quantizer(torch.randn(1, 256, 2) * (0.01 if step == 0 else 1.0))
    return quantizer.eval()


def test_resets_bring_more_codes_into_use() -> None:
    latents = torch.randn(1, 4000, 2, generator=torch.Generator().manual_seed(1))
    used = [len(_train(resets).indices(latents).unique()) for resets in (True, False)]
    assert used[0] >= 30
    assert used[0] > used[1]


def test_padding_teaches_the_codebook_nothing() -> None:
    torch.manual_seed(0)
    quantizer = EMAQuantizer(8, 2).train()
    real = torch.ones(2, 64, dtype=torch.bool)
    real[:, 32:] = False
    for _ in range(50):
        latents = torch.randn(2, 64, 2)
        latents[:, 32:] = 100.0
        _, commitment, _ = quantizer(latents, real)
    assert quantizer.codebook.abs().max() < 10
    assert commitment < 1


def test_gradients_pass_straight_through_the_codes() -> None:
    quantizer = EMAQuantizer(4, 2).eval()
    latents = torch.randn(1, 6, 2, requires_grad=True)
    codes, _, _ = quantizer(latents)
    codes.sum().backward()
    assert latents.grad is not None
    assert torch.allclose(latents.grad, torch.ones_like(latents))
