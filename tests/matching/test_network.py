from dataclasses import replace

import pytest
import torch

from motiongpt.errors import ModelFileError
from motiongpt.matching.network import MatchingNetwork
from tests.matching.conftest import TINY


def test_embeddings_are_unit_vectors() -> None:
    network = MatchingNetwork(TINY).eval()
    texts, means = network.encode_text(torch.tensor([[3, 4, 0], [5, 6, 7]]))
    motions = network.encode_motion(torch.randn(2, 40, 137), torch.tensor([40, 20]))
    assert means.shape == (2, TINY.width)
    for vectors in (texts, motions):
        assert vectors.shape == (2, TINY.dim)
        assert torch.allclose(vectors.norm(dim=1), torch.ones(2), atol=1e-5)


def test_padding_changes_nothing() -> None:
    network = MatchingNetwork(TINY).eval()
    frames = torch.randn(1, 40, 137)
    alone = network.encode_motion(frames, torch.tensor([40]))
    padded = torch.cat([frames, torch.zeros(1, 60, 137)], dim=1)
    assert torch.allclose(network.encode_motion(padded, torch.tensor([40])), alone, atol=1e-5)
    words = torch.tensor([[3, 4, 5]])
    longer = torch.tensor([[3, 4, 5, 0, 0]])
    assert torch.allclose(network.encode_text(words)[0], network.encode_text(longer)[0], atol=1e-5)


def test_an_empty_text_has_an_embedding() -> None:
    vectors = MatchingNetwork(TINY).eval().encode_text(torch.zeros(1, 1, dtype=torch.long))[0]
    assert torch.isfinite(vectors).all()


def test_a_width_that_the_heads_do_not_divide_is_refused() -> None:
    with pytest.raises(ModelFileError, match="width is 33; allowed: a multiple of 2"):
        replace(TINY, width=33)
