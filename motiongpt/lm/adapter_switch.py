"""One base in memory and several adapters, of which one at a time is merged into it."""

from pathlib import Path

import torch
from torch import Tensor

from motiongpt.errors import LanguageModelError
from motiongpt.lm.decoding import make_engine
from motiongpt.lm.language_model import LanguageModel
from motiongpt.lm.memory import Weights
from motiongpt.lm.model_files import load_base, load_codec, wrap_adapter


class AdapterSwitch:
    """A base that is loaded once and takes another adapter at run time."""

    def __init__(
        self, base: Path, n_codes: int, device: str = "cpu", weights: Weights | None = None
    ) -> None:
        """Read a base.

        Args:
            base: Hugging Face folder.
            n_codes: codebook size of the motion tokenizer.
            device: torch device.
            weights: how they are kept; those that are rounded to 8 or 4 bits take no adapter
                after another.

        Raises:
            ModelFileError: if a file is missing, truncated, or does not fit.
            LanguageModelError: if such weights are not possible.
        """
        if weights in ("int8", "int4"):
            raise LanguageModelError(
                f"weights are '{weights}'; allowed to switch adapters: float32 and bfloat16"
            )
        self._codec = load_codec(base, n_codes)
        self._llama = load_base(base, max(self._codec.answers) + 1, device, weights)
        self._originals: dict[str, Tensor] = {}

    @torch.no_grad()
    def use(self, adapter: Path) -> LanguageModel:
        """Merge an adapter instead of the one before it.

        A model that was given out before must not be asked any more; its weights are these.

        Args:
            adapter: PEFT folder.

        Raises:
            ModelFileError: if it is missing, unreadable, or of another base; then the base is
                without adapter.
        """
        named = dict(self._llama.named_parameters())
        for name, original in self._originals.items():
            named[name].copy_(original)
        adapted = wrap_adapter(self._llama, adapter)
        for module in adapted.modules():
            weight = getattr(getattr(module, "base_layer", None), "weight", None)
            # What rounding does to a sum can't be undone: the weights themselves are kept.
            if weight is not None:
                own = next(n for n, p in named.items() if p is weight)
                self._originals.setdefault(own, weight.detach().to("cpu", copy=True))
        self._llama = adapted.merge_and_unload()
        return LanguageModel(make_engine(self._llama, self._codec), self._codec)
