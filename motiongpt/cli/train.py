"""`motiongpt train`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import tyro
from accelerate import PartialState

from motiongpt.cli.console import progress
from motiongpt.cli.data import Source
from motiongpt.lm.command import split_words
from motiongpt.lm.paraphrase import paraphrase_words
from motiongpt.matching.distil import Distillation, distil
from motiongpt.matching.learn_sayings import learn_sayings
from motiongpt.matching.meaning_model import MeaningModel
from motiongpt.matching.meanings import SentenceEncoder
from motiongpt.matching.model import MatchingModel
from motiongpt.matching.repertoire import Repertoire
from motiongpt.matching.sayings import read_sayings
from motiongpt.matching.train import train_matching
from motiongpt.matching.training_data import MatchingTraining
from motiongpt.model_folder import ModelFolder
from motiongpt.pipeline import MotionGPT
from motiongpt.rehearsal import rehearse, trained_sentences
from motiongpt.tokenizer.train import TokenizerTraining, train_tokenizer
from motiongpt.train import LanguageTraining, read_texts, train_language_model


@dataclass(frozen=True)
class TrainTokenizer:
    """Train the motion tokenizer; a killed run goes on from its last checkpoint.

    `accelerate launch -m motiongpt.cli train tokenizer ...` trains on many GPUs and nodes.
    """

    source: tyro.conf.OmitArgPrefixes[Source]

    output: Path = Path("runs/model/tokenizer")
    """Folder for the tokenizer, its checkpoint and its log (tokenizer.jsonl, tensorboard/)."""

    training: TokenizerTraining = field(default_factory=TokenizerTraining)
    """Sizes, steps and rates."""

    def run(self) -> int:
        """Prepare what is missing and train."""
        with PartialState().local_main_process_first():
            data = self.source.prepare()
        with progress("training") as count:
            train_tokenizer(data, self.source.prepared, self.output, self.training, on_step=count)
        return 0


@dataclass(frozen=True)
class TrainLm:
    """Train the language model for a trained tokenizer: base from scratch, then LoRA.

    `accelerate launch -m motiongpt.cli train lm ...` trains on many GPUs and nodes, with FSDP if
    its configuration says so; a killed run goes on from its last checkpoint.
    """

    source: tyro.conf.OmitArgPrefixes[Source]

    base: str | None = None
    """Hugging Face name or folder of an existing LLaMA; then only LoRA is trained."""

    model: Path = Path("runs/model")
    """Folder with tokenizer/; base/ and adapter/ are written there."""

    work: Path = Path("runs/lm")
    """Folder for checkpoints and logs."""

    training: LanguageTraining = field(default_factory=LanguageTraining)
    """Sizes, steps and rates."""

    def run(self) -> int:
        """Prepare what is missing, encode the clips and train both stages."""
        with PartialState().local_main_process_first():
            data = self.source.prepare()
        with progress("encoding clips, then training") as count:
            train_language_model(
                self.source.data,
                self.source.prepared,
                data,
                ModelFolder(self.model),
                self.work,
                self.training,
                count,
                self.base,
                count,
            )
        return 0


@dataclass(frozen=True)
class TrainEvaluator:
    """Train the text-motion matching model; a killed run goes on from its last checkpoint."""

    source: tyro.conf.OmitArgPrefixes[Source]

    output: Path = Path("runs/model/matching")
    """Folder for the model, its checkpoint and its log (log.jsonl)."""

    teacher: Path | None = None
    """Folder of a pretrained sentence encoder such as all-MiniLM-L6-v2 (Hugging Face format,
    safetensors): word embeddings start from it, and it says which captions mean the same. It is
    not needed afterwards."""

    training: MatchingTraining = field(default_factory=MatchingTraining)
    """Sizes, steps and rates."""

    def run(self) -> int:
        """Prepare what is missing and train."""
        data = self.source.prepare()
        with progress("training") as count:
            train_matching(
                self.source.data,
                self.source.prepared,
                data,
                self.output,
                self.training,
                self.teacher,
                on_step=count,
            )
        return 0


@dataclass(frozen=True)
class TrainMeaning:
    """Teach a small sentence encoder what a pretrained one knows, and what people mean.

    It finds what is no movement, and movements that are asked for in other words than captions'.
    """

    source: tyro.conf.OmitArgPrefixes[Source]

    teacher: Path
    """Folder of the pretrained sentence encoder; see `train evaluator`."""

    output: Path = Path("runs/model/matching")
    """Folder of the matching model; the encoder is written there."""

    text_file: str = LanguageTraining.text_file
    """File of captions without motion in the dataset's folder; skipped if it is not there."""

    training: Distillation = field(default_factory=Distillation)
    """Sizes, steps and rates."""

    def run(self) -> int:
        """Let the teacher read all sentences and learn what it makes of them."""
        data, teacher = self.source.prepare(), SentenceEncoder(self.teacher)
        captions = read_texts(self.source.data, next(iter(data.ready.values())), self.text_file)
        sayings = read_sayings()
        texts = (*captions, *paraphrase_words(), *(saying.text for saying in sayings))
        words = sorted({w for text in texts for w in split_words(text)}.union(teacher.words))
        with progress("training") as count:
            meaning = distil(teacher, captions, sayings, words, self.training, count)
        meaning.save(self.output)
        self._read_again(meaning)
        return 0

    def _read_again(self, meaning: MeaningModel) -> None:
        """Put what the model does well where the new encoder has it, if that was rehearsed."""
        matching = MatchingModel.load(self.output)
        repertoire = Repertoire.load(self.output, matching.dim)
        if repertoire is not None:
            learn_sayings(repertoire, matching, meaning).save(self.output)


@dataclass(frozen=True)
class TrainRepertoire:
    """Let a trained model do every sentence it was trained on, and note those that it does well.

    Commands are then put into words of these. To be made anew after the language model or the
    matching model was trained.
    """

    source: tyro.conf.OmitArgPrefixes[Source]

    model: Path = Path("runs/model")
    """Folder of the model; the repertoire is written to its matching/."""

    n_composed: int = 1500
    """Pairs of clips whose captions are combined."""

    def run(self) -> int:
        """Prepare what is missing and rehearse."""
        data = self.source.prepare()
        said = trained_sentences(self.source.data, self.source.prepared, data, self.n_composed)
        model = MotionGPT.load(self.model)
        with progress("rehearsing") as count:
            repertoire = rehearse(model, said, count)
        repertoire.save(ModelFolder(self.model).matching)
        print(f"{len(repertoire.sentences)} sentences are done well")
        return 0


@dataclass(frozen=True)
class TrainAll:
    """Train a whole model: tokenizer, language model, matching model, meanings, repertoire.

    A killed training goes on where it was. With the defaults on the clips of the shipped model it
    takes some five hours on two CPU cores, most of them for the tokenizer and the matching model;
    a GPU takes a small part of that.
    """

    source: tyro.conf.OmitArgPrefixes[Source]

    output: Path = Path("runs/model")
    """Folder for the model; the language model's checkpoints and logs go to `<output>-work`."""

    teacher: Path | None = None
    """Pretrained sentence encoder; see `train evaluator`. Without it, meanings are not learnt."""

    tokenizer: TokenizerTraining = field(default_factory=TokenizerTraining)
    """Options of the motion tokenizer."""

    lm: LanguageTraining = field(default_factory=LanguageTraining)
    """Options of the language model."""

    matching: MatchingTraining = field(default_factory=MatchingTraining)
    """Options of the matching model."""

    meaning: Distillation = field(default_factory=Distillation)
    """Options of the meanings."""

    n_rehearsed: int = TrainRepertoire.n_composed
    """Pairs of clips whose captions are combined for the repertoire."""

    def run(self) -> int:
        """Train one part after the other."""
        work = self.output.with_name(f"{self.output.name}-work")
        TrainTokenizer(self.source, self.output / "tokenizer", self.tokenizer).run()
        TrainLm(self.source, None, self.output, work, self.lm).run()
        matching = self.output / "matching"
        TrainEvaluator(self.source, matching, self.teacher, self.matching).run()
        if self.teacher is not None:
            TrainMeaning(self.source, self.teacher, matching, training=self.meaning).run()
        return TrainRepertoire(self.source, self.output, self.n_rehearsed).run()


@dataclass(frozen=True)
class Train:
    """Train a part of a model, or all of it."""

    part: (
        Annotated[TrainAll, tyro.conf.subcommand("all")]
        | Annotated[TrainTokenizer, tyro.conf.subcommand("tokenizer")]
        | Annotated[TrainLm, tyro.conf.subcommand("lm")]
        | Annotated[TrainEvaluator, tyro.conf.subcommand("evaluator")]
        | Annotated[TrainMeaning, tyro.conf.subcommand("meaning")]
        | Annotated[TrainRepertoire, tyro.conf.subcommand("repertoire")]
    )

    def run(self) -> int:
        """Train that part."""
        return self.part.run()
