"""One vocabulary of words and motion tokens."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from motiongpt.errors import LanguageModelError, ModelFileError
from motiongpt.lm.command import split_words

BOS, EOS, PAD = "<s>", "</s>", "<pad>"
RESPONSE = "<response>"
CAPTION = "<caption>"
"""Asks for the caption of the motion before it."""

INITIAL, LAST, KEY = "<initial>", "<last>", "<key>"
"""Before motion tokens that are given: those at the beginning, those at the end, one between."""

LENGTH = "<length>"
MAX_PLACES = 50
"""Longest motion in tokens whose length and places have a token."""


def place_token(place: int) -> str:
    """Spelling of a place in a motion, or of a length; from 1."""
    return f"<place_{place}>"


MARKERS = (
    *(PAD, BOS, EOS, RESPONSE, CAPTION, INITIAL, LAST, KEY, LENGTH),
    *map(place_token, range(1, MAX_PLACES + 1)),
)
WORDS_FILE = "words.json"
_NAMED = ("bos_token", "eos_token", "pad_token")


def motion_token(index: int) -> str:
    """Spelling of a code index in the vocabulary."""
    return f"<motion_{index}>"


@dataclass(frozen=True)
class Vocabulary:
    """A Hugging Face tokenizer that has the motion tokens, with the ids found once.

    Attributes:
        tokenizer: splits text and knows all markers.
        n_codes: codebook size.
        words: words of the training captions, in lower case.
    """

    tokenizer: PreTrainedTokenizerBase
    n_codes: int
    words: frozenset[str]

    def __post_init__(self) -> None:
        known = self.tokenizer.get_vocab()
        needed = [*map(self._spelling, MARKERS), *map(motion_token, range(self.n_codes))]
        missing = [token for token in needed if token not in known]
        if missing:
            raise LanguageModelError(
                f"the tokenizer lacks {len(missing)} tokens, the first is {missing[0]}; "
                "needed are the markers and one token for each code"
            )
        first = self.marker_id(motion_token(0))
        if self.marker_id(motion_token(self.n_codes - 1)) != first + self.n_codes - 1:
            raise LanguageModelError("the tokenizer's motion tokens do not stand in a row")

    @property
    def first_motion_id(self) -> int:
        """Id of code 0; the other codes follow."""
        return self.marker_id(motion_token(0))

    @property
    def size(self) -> int:
        """Number of tokens."""
        return len(self.tokenizer)

    def marker_id(self, marker: str) -> int:
        """Id of a marker or a motion token."""
        return int(self.tokenizer.convert_tokens_to_ids(self._spelling(marker)))  # type: ignore[arg-type]

    def _spelling(self, marker: str) -> str:
        """A marker as this tokenizer spells it: begin, end and padding have their own names."""
        own = {
            BOS: self.tokenizer.bos_token,
            EOS: self.tokenizer.eos_token,
            PAD: self.tokenizer.pad_token,
        }
        return own.get(marker, marker)

    def encode_text(self, text: str) -> list[int]:
        """Ids of a text; what looks like a marker in it is taken as letters."""
        plain = text.replace("<", " ").replace(">", " ")
        return self.tokenizer.encode(plain, add_special_tokens=False)

    def encode_motion(self, indices: Sequence[int]) -> list[int]:
        """Ids of code indices."""
        return [self.first_motion_id + index for index in indices]

    def decode_motion(self, ids: Sequence[int]) -> tuple[int, ...]:
        """Code indices of ids."""
        return tuple(token - self.first_motion_id for token in ids)

    def save(self, folder: Path) -> None:
        """Write tokenizer files and the list of known words."""
        self.tokenizer.save_pretrained(folder)
        (folder / WORDS_FILE).write_text(json.dumps(sorted(self.words)) + "\n")

    @classmethod
    def load(cls, folder: Path, n_codes: int) -> "Vocabulary":
        """Read what `save` wrote.

        Raises:
            ModelFileError: if a file is missing or unreadable.
        """
        path = folder / "tokenizer.json"
        try:
            config = json.loads((folder / "tokenizer_config.json").read_text())
            names = {kind: _content(config[kind]) for kind in _NAMED}
            tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(path), **names)
            words = frozenset(json.loads((folder / WORDS_FILE).read_text()))
        except Exception as error:  # the tokenizers library raises bare Exception
            raise ModelFileError(f"{folder}: no readable tokenizer ({error})") from error
        return cls(tokenizer, n_codes, words)


def _content(token: str | dict[str, str]) -> str:
    """A token's spelling; tokenizer files give it alone or with its properties."""
    return token if isinstance(token, str) else token["content"]


def extend_vocabulary(
    tokenizer: PreTrainedTokenizerBase, captions: Iterable[str], n_codes: int
) -> Vocabulary:
    """Add markers and motion tokens to the tokenizer of an existing language model.

    Args:
        tokenizer: changed in place.
        captions: texts whose words count as known.
        n_codes: codebook size.

    Raises:
        LanguageModelError: if the tokenizer is not a fast one or has no begin or end token.
    """
    if not tokenizer.is_fast or tokenizer.bos_token is None or tokenizer.eos_token is None:
        raise LanguageModelError(
            f"the base's {type(tokenizer).__name__} cannot be used; needed is a fast tokenizer "
            "(tokenizer.json) with a begin and an end token"
        )
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    added = [marker for marker in MARKERS if marker not in (BOS, EOS, PAD)]
    added += [motion_token(index) for index in range(n_codes)]
    tokenizer.add_tokens(added, special_tokens=True)
    words = {word for caption in captions for word in split_words(caption)}
    return Vocabulary(tokenizer, n_codes, frozenset(words))


def train_vocabulary(captions: Iterable[str], n_codes: int, n_pieces: int = 3072) -> Vocabulary:
    """Learn byte-level BPE pieces from captions and add markers and motion tokens.

    Args:
        captions: texts to learn from.
        n_codes: codebook size.
        n_pieces: word pieces, bytes included.
    """
    captions = [caption.lower() for caption in captions]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=n_pieces + len(MARKERS),
        special_tokens=list(MARKERS),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(captions, trainer)
    tokenizer.add_special_tokens([motion_token(index) for index in range(n_codes)])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token=BOS, eos_token=EOS, pad_token=PAD
    )
    counts = Counter(word for caption in captions for word in split_words(caption))
    return Vocabulary(fast, n_codes, frozenset(counts))
