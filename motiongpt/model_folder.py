"""The folder a model is kept in.

tokenizer/   vqvae.json, vqvae.safetensors
base/        a Hugging Face LLaMA and its tokenizer, words.json
adapter/     a PEFT LoRA adapter
matching/    optional: the text-motion matching model
README.md    model card
"""

from dataclasses import dataclass
from pathlib import Path

from motiongpt.errors import ModelFileError

SHIPPED = Path(__file__).parent / "models"


@dataclass(frozen=True)
class ModelFolder:
    """Paths of a model.

    Attributes:
        root: the folder.
    """

    root: Path

    @property
    def tokenizer(self) -> Path:
        """Folder of the motion tokenizer."""
        return self.root / "tokenizer"

    @property
    def base(self) -> Path:
        """Folder of the language model and its tokenizer."""
        return self.root / "base"

    @property
    def adapter(self) -> Path:
        """Folder of the LoRA adapter."""
        return self.root / "adapter"

    @property
    def matching(self) -> Path:
        """Folder of the matching model; a model may have none."""
        return self.root / "matching"


def find_model(name_or_path: str | Path) -> ModelFolder:
    """Find a model by the name of a shipped one or by path.

    Raises:
        ModelFileError: if there is no such model or a part of it is missing.
    """
    root = Path(name_or_path).expanduser()
    shipped = SHIPPED / str(name_or_path)
    if not root.is_dir() and shipped.is_dir():
        root = shipped
    if not root.is_dir():
        names = ", ".join(sorted(p.name for p in SHIPPED.glob("*") if p.is_dir())) or "none"
        raise ModelFileError(f"no model '{name_or_path}'; shipped models: {names}, or a folder")
    folder = ModelFolder(root)
    for part in (folder.tokenizer, folder.base, folder.adapter):
        if not part.is_dir():
            raise ModelFileError(f"model {root} has no folder '{part.name}'")
    return folder
