from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
import tyro

from benchmarks.peers.best_of import BestOf
from benchmarks.peers.clips import PeerData, make_clip
from benchmarks.peers.gpt import GPTGenerator, GPTSize, MotionGPTPeer, gpt_loss
from benchmarks.peers.training import PeerTraining, train_peer
from motiongpt.evaluate.generator import PipelineGenerator
from motiongpt.evaluate.tasks import Task
from motiongpt.evaluate.test_set import RealClip, draw_requests
from motiongpt.lm.decoding import Sampling
from motiongpt.pipeline import MotionGPT
from tests.evaluate.conftest import clips, model, model_folder  # noqa: F401 - fixtures
from tests.matching.conftest import make_model

SIZE = {"width": 32, "layers": 1, "heads": 2}


@pytest.fixture(scope="module")
def data(model: MotionGPT, clips: tuple[RealClip, ...]) -> PeerData:  # noqa: F811
    matching = make_model()
    made = tuple(make_clip(clip, model.tokenizer) for clip in clips)
    return PeerData(made, matching.encode_text, matching.dim)


def _options(steps: int) -> PeerTraining:
    return PeerTraining(steps, batch=8, learning_rate=3e-3, warmup=5, checkpoint_every=20)


def test_the_gpt_learns_the_tokens_of_its_texts(
    data: PeerData,
    model: MotionGPT,  # noqa: F811
    clips: tuple[RealClip, ...],  # noqa: F811
    tmp_path: Path,
) -> None:
    torch.manual_seed(0)
    network = MotionGPTPeer(16, data.text_dim, GPTSize(**SIZE))
    loss = partial(gpt_loss, network, data, 8)
    losses = train_peer(network, loss, tmp_path / "gpt.pt", _options(60))
    assert np.mean(losses[-5:]) < 0.7 * np.mean(losses[:5])
    generator = GPTGenerator(network, model.tokenizer, data.encode_texts)
    request = draw_requests(clips, 0)[0]
    one, other = (generator(request, Task.TEXT) for _ in range(2))
    assert one.tokens == other.tokens and 1 <= len(one.tokens) <= 50
    assert one.features.shape == (4 * len(one.tokens), 263)


def test_the_best_of_several_is_one_of_them(
    data: PeerData,
    model: MotionGPT,  # noqa: F811
    clips: tuple[RealClip, ...],  # noqa: F811
) -> None:
    matching, sampling = make_model(), Sampling(temperature=1.0)
    plain = PipelineGenerator(model, clips[0].features[0], sampling)
    request = draw_requests(clips, 0)[0]
    made = BestOf(plain, matching, 3)(request, Task.TEXT)
    text, seed = request.caption.text, 3 * request.seed
    several = model.generate_samples(text, 3, sampling=replace(sampling, seed=seed))
    assert made.tokens in {one.tokens for one in several}
    scores = matching.score(several[0].text, [one.motion for one in several])
    assert made.tokens == several[int(scores.argmax())].tokens


def test_what_has_no_best_is_made_once(
    model: MotionGPT,  # noqa: F811
    clips: tuple[RealClip, ...],  # noqa: F811
) -> None:
    plain = PipelineGenerator(model, clips[0].features[0], Sampling(temperature=1.0))
    request = draw_requests(clips, 0)[0]
    caption = replace(request.caption, text="a person walks, then a person waves")
    request = replace(request, caption=caption)
    made = BestOf(plain, make_model(), 3)(request, Task.TEXT)
    assert made.tokens == plain(request, Task.TEXT).tokens


def test_a_later_token_does_not_change_an_earlier_guess(data: PeerData) -> None:
    network = MotionGPTPeer(16, data.text_dim, GPTSize(**SIZE)).eval()
    text, tokens = torch.randn(1, data.text_dim), torch.tensor([[1, 2, 3, 4]])
    other = tokens.clone()
    other[0, 3] = 9
    assert torch.allclose(network(text, tokens)[:, :4], network(text, other)[:, :4], atol=1e-5)


def test_a_killed_training_goes_on(data: PeerData, tmp_path: Path) -> None:
    states = []
    for plan in ((40,), (20, 40)):
        torch.manual_seed(0)
        network = MotionGPTPeer(16, data.text_dim, GPTSize(**SIZE))
        loss = partial(gpt_loss, network, data, 4)
        for steps in plan:
            options = _options(40)
            if steps < 40:

                def stop(done: int, _: int, at: int = steps) -> None:
                    if done > at:
                        raise KeyboardInterrupt

                with pytest.raises(KeyboardInterrupt):
                    train_peer(network, loss, tmp_path / f"{len(plan)}.pt", options, stop)
            else:
                train_peer(network, loss, tmp_path / f"{len(plan)}.pt", options)
        states.append(network.state_dict())
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])


def test_the_diffusion_model_learns_to_denoise(
    data: PeerData,
    model: MotionGPT,  # noqa: F811
    clips: tuple[RealClip, ...],  # noqa: F811
    tmp_path: Path,
) -> None:
    pytest.importorskip("diffusers")
    from benchmarks.peers import diffusion

    torch.manual_seed(0)
    network = diffusion.Denoiser(263, data.text_dim, diffusion.DiffusionSize(**SIZE))
    loss = partial(diffusion.diffusion_loss, network, diffusion.make_schedule(), data, 8)
    losses = train_peer(network, loss, tmp_path / "diffusion.pt", _options(60))
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    generator = diffusion.DiffusionGenerator(
        network, model.tokenizer.statistics, data.encode_texts, steps=5
    )
    request = draw_requests(clips, 0)[0]
    one, other = (generator(request, Task.TEXT) for _ in range(2))
    assert np.array_equal(one.features, other.features)
    assert one.features.shape == request.clip.features.shape
    assert np.isfinite(one.features).all()


def test_the_command_line_has_options_of_its_own_for_each_part() -> None:
    pytest.importorskip("diffusers")
    from benchmarks.peers.__main__ import Peers

    words = ["--data", "clips", "--train-gpt.seed", "1", "--seed", "2", "--repeats", "3"]
    asked = tyro.cli(Peers, args=words)
    assert (asked.train_gpt.seed, asked.options.seed, asked.options.repeats) == (1, 2, 3)
