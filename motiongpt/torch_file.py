"""Published torch files, read without running what is in them."""

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch

from motiongpt.errors import ModelFileError


def read_torch_file(path: Path) -> Mapping[str, object]:
    """Read the tensors of a torch file by name.

    Raises:
        ModelFileError: if the file is missing, damaged, holds Python objects instead of tensors,
            or no mapping; it names the file.
    """
    try:
        content = torch.load(path, weights_only=True, map_location="cpu")
    except pickle.UnpicklingError as error:
        raise ModelFileError(
            f"{path}: refused, since it holds Python objects or is damaged; allowed: a torch file "
            f"of tensors ({str(error).splitlines()[0]})"
        ) from error
    except (OSError, EOFError, RuntimeError, KeyError, ValueError) as error:
        raise ModelFileError(f"{path}: missing, truncated or no torch file ({error})") from error
    if not isinstance(content, Mapping):
        raise ModelFileError(f"{path}: holds a {type(content).__name__}; allowed: tensors by name")
    return content
