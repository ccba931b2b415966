"""Training of the matching model."""

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from motiongpt.errors import EvaluationError, ModelFileError
from motiongpt.lm.paraphrase import paraphrase
from motiongpt.matching.meanings import SentenceEncoder
from motiongpt.matching.model import MatchingModel, pad_frames
from motiongpt.matching.network import MatchingNetwork
from motiongpt.matching.pairs import Pairs, load_pairs
from motiongpt.matching.training_data import MatchingTraining, TrainingData
from motiongpt.matching.validation import calibrate, validate
from motiongpt.matching.words import SPACE, encode_texts, train_pieces
from motiongpt.motion.prepare import Preparation

logger = logging.getLogger(__name__)
Record = dict[str, float]

CHECKPOINT = "checkpoint.pt"


def _rate(step: int, options: MatchingTraining) -> float:
    if step < options.warmup:
        return (step + 1) / options.warmup
    share = (step - options.warmup) / max(options.steps - options.warmup, 1)
    return 0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


def contrast(
    texts: Tensor, motions: Tensor, scale: Tensor, ignored: Tensor, extra: Tensor
) -> Tensor:
    """InfoNCE in both directions.

    Args:
        texts: unit vectors (B, D).
        motions: unit vectors (B, D) that belong to them.
        scale: factor of the cosines.
        ignored: shape (B, B), true where text i and motion j fit though they are no pair.
        extra: unit vectors (E, D) of texts that belong to none of the motions.
    """
    cosines = scale * texts @ motions.T
    logits = cosines.masked_fill(ignored, -torch.inf)
    target = torch.arange(len(texts), device=texts.device)
    others = torch.cat([logits.T, scale * motions @ extra.T], dim=1)
    loss = nn.functional.cross_entropy(logits, target) + nn.functional.cross_entropy(
        others, target
    )
    return loss / 2


class _Trainer:
    """Network, optimizer and progress: what a checkpoint holds."""

    def __init__(self, data: TrainingData, options: MatchingTraining) -> None:
        torch.manual_seed(options.seed)
        self.data, self.options, self.step = data, options, 0
        self.pieces = train_pieces(data.all_texts, options.network.n_pieces)
        config = replace(
            options.network,
            n_features=len(data.mean),
            n_pieces=self.pieces.get_vocab_size(),
        )
        self.network = MatchingNetwork(config).train()
        self.to_meaning = nn.Linear(config.width, data.meanings.vectors.shape[1])
        if data.encoder is not None:
            start_words(self.network, self.pieces.get_vocab(), data.encoder)
        parameters = [*self.network.parameters(), *self.to_meaning.parameters()]
        self.optimizer = torch.optim.AdamW(
            parameters, options.learning_rate, betas=(0.9, 0.98), weight_decay=options.weight_decay
        )

    def loss(self, rng: np.random.Generator) -> Tensor:
        """Loss of one batch."""
        drawn = self.data.pairs.draw(self.options.batch, rng)
        ids = np.array([self.data.meanings.index[text] for _, text, _ in drawn])
        extra = self.data.draw_extra(self.options.n_extra, rng)
        said = [paraphrase(text, rng) for _, text, _ in drawn]
        said += [self.data.meanings.texts[i] for i in extra]
        longest = self.network.config.max_words
        with torch.autocast("cpu", torch.bfloat16, enabled=self.options.bf16):
            texts, means = self.network.encode_text(encode_texts(self.pieces, said, longest))
            motions = self._encode([frames for _, _, frames in drawn], rng)
        texts, means, motions = texts.float(), means.float(), motions.float()
        fits = self.data.fits(np.concatenate([ids, extra]), [clip for clip, _, _ in drawn])
        ignored = torch.from_numpy(fits[: len(drawn)])
        ignored.fill_diagonal_(False)
        kept = torch.from_numpy(~fits[len(drawn) :].any(axis=1))
        loss = contrast(
            texts[: len(drawn)], motions, self.network.scale, ignored, texts[len(drawn) :][kept]
        )
        if self.data.encoder is not None and self.options.distillation > 0:
            wanted = torch.from_numpy(np.asarray(self.data.meanings.vectors[[*ids, *extra]]))
            seen = nn.functional.normalize(self.to_meaning(means), dim=-1)
            loss = loss + self.options.distillation * (1 - (seen * wanted).sum(1)).mean()
        return loss

    def _encode(self, clips: list[np.ndarray], rng: np.random.Generator) -> Tensor:
        """Unit vectors (B, D) of frames; clips of like length are encoded together."""
        order = np.argsort([len(clip) for clip in clips], kind="stable")
        parts = []
        for part in np.array_split(order, min(4, len(order))):
            scaled = [self.data.normalize(clips[i]) for i in part]
            noisy = [f + 0.05 * rng.standard_normal(f.shape, dtype=np.float32) for f in scaled]
            parts.append(self.network.encode_motion(*pad_frames(noisy)))
        back = torch.from_numpy(np.argsort(order, kind="stable"))
        return torch.cat(parts)[back]

    def train_step(self) -> float:
        """Take one step; the same one again after a resume."""
        options = self.options
        rng = np.random.default_rng([options.seed, self.step])
        torch.manual_seed(options.seed * 1_000_003 + self.step)
        for group in self.optimizer.param_groups:
            group["lr"] = options.learning_rate * _rate(self.step, options)
        loss = self.loss(rng)
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        if not math.isfinite(loss.item()):
            raise EvaluationError(f"the loss is {loss.item()} at step {self.step}")
        return loss.item()

    def model(self) -> MatchingModel:
        """The model as it is now; its network is in eval mode until the next step."""
        return MatchingModel(self.network.eval(), self.pieces, self.data.mean, self.data.std)

    def save(self, path: Path) -> None:
        """Write a checkpoint."""
        state = {
            "step": self.step,
            "network": self.network.state_dict(),
            "to_meaning": self.to_meaning.state_dict(),
            "optimizer": self.optimizer.state_dict(),
        }
        torch.save(state, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)

    def resume(self, path: Path) -> None:
        """Read a checkpoint if it is there.

        Raises:
            ModelFileError: if it is unreadable or of another architecture.
        """
        if not path.is_file():
            return
        try:
            state = torch.load(path, weights_only=True)
            self.network.load_state_dict(state["network"])
            self.to_meaning.load_state_dict(state["to_meaning"])
            self.optimizer.load_state_dict(state["optimizer"])
            self.step = state["step"]
        except (OSError, EOFError, RuntimeError, KeyError, ValueError) as error:
            raise ModelFileError(
                f"{path}: no checkpoint of this architecture; remove it to begin anew ({error})"
            ) from error
        logger.info("resuming %s at step %d", path, self.step)


def start_words(
    network: MatchingNetwork, vocabulary: dict[str, int], encoder: SentenceEncoder
) -> None:
    """Put the pieces that are whole words where a sentence encoder puts them.

    Principal components of its vectors are taken, as many as the width has, scaled to the size of
    the random ones.
    """
    words = {piece: i for piece, i in vocabulary.items() if piece.startswith(SPACE)}
    known = {i: p.removeprefix(SPACE) for p, i in words.items() if p.removeprefix(SPACE).isalpha()}
    if not known:
        return
    vectors = encoder.encode(list(known.values()))
    centred = vectors - vectors.mean(0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][: network.config.width]
    spread = centred @ axes.T
    spread *= 0.05 / spread.std()
    with torch.no_grad():
        rows = torch.tensor(list(known))
        network.words.weight[rows, : spread.shape[1]] = torch.from_numpy(spread).float()


def train_matching(
    folder: Path,
    prepared: Path,
    data: Preparation,
    output: Path,
    options: MatchingTraining,
    teacher: Path | None = None,
    on_step: Callable[[int, int], None] | None = None,
    on_checkpoint: Callable[[Record], None] | None = None,
) -> MatchingModel:
    """Train a matching model, resuming from `output/checkpoint.pt` if it is there.

    Args:
        folder: dataset in HumanML3D's layout.
        prepared: what `prepare` wrote of it.
        data: what `prepare` returned; the first split is learned, the second one validates.
        output: folder for the checkpoint, the log and the trained model.
        options: sizes, steps and rates.
        teacher: Hugging Face folder of a sentence encoder that gives word embeddings to start
            with and says which captions say the same; without it, their words are compared.
        on_step: called with the steps done and the steps in all.
        on_checkpoint: called with the scores after each checkpoint is written.

    Returns:
        The trained model, also saved in `output`.

    Raises:
        EvaluationError: if the loss is not finite, or there are too few clips to validate.
        ModelFileError: if the checkpoint or the teacher cannot be used.
    """
    train_split, val_split = tuple(data.ready)[:2]
    read, longest = (folder, prepared, data), options.network.max_frames
    pairs = load_pairs(*read, train_split, longest, options.n_composed, options.seed)
    val = load_pairs(*read, val_split, longest)
    if len(val.clips) < 2:
        raise EvaluationError(
            f"the split '{val_split}' has {len(val.clips)} usable clips; allowed: 2 or more, "
            "so that captions of other clips can be compared"
        )
    encoder = SentenceEncoder(teacher) if teacher is not None else None
    trainer = _Trainer(TrainingData(folder, pairs, data, options, encoder), options)
    output.mkdir(parents=True, exist_ok=True)
    trainer.resume(output / CHECKPOINT)
    _train(trainer, val, output, on_step, on_checkpoint)
    trained = replace(trainer.model(), calibration=calibrate(trainer.model(), val))
    trained.save(output)
    (output / "training.json").write_text(json.dumps(asdict(options), indent=2) + "\n")
    return trained


def _train(
    trainer: _Trainer,
    val: Pairs,
    output: Path,
    on_step: Callable[[int, int], None] | None,
    on_checkpoint: Callable[[Record], None] | None,
) -> None:
    """Take the steps that are left, with a checkpoint and scores now and then."""
    options, began, first = trainer.options, time.monotonic(), trainer.step
    while trainer.step < options.steps:
        trainer.network.train()
        loss = trainer.train_step()
        if on_step is not None:
            on_step(trainer.step, options.steps)
        if trainer.step % options.checkpoint_every and trainer.step < options.steps:
            continue
        left = (options.steps - trainer.step) * (time.monotonic() - began)
        record = {"step": trainer.step, "loss": loss, **validate(trainer.model(), val)}
        record["minutes_left"] = left / (trainer.step - first) / 60
        trainer.save(output / CHECKPOINT)
        _log(output, record)
        if on_checkpoint is not None:
            on_checkpoint(record)


def _log(output: Path, record: Record) -> None:
    logger.info("matching %s", json.dumps({k: round(v, 4) for k, v in record.items()}))
    with (output / "log.jsonl").open("a") as file:
        file.write(json.dumps(record) + "\n")
