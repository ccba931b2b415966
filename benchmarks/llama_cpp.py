"""llama.cpp with the same weights, in one thread."""

import ctypes
import importlib.util
import logging
import tempfile
from itertools import islice
from pathlib import Path

import numpy as np
from transformers import LlamaForCausalLM

from benchmarks.gguf_file import write_gguf

NEEDED = ("llama_cpp", "gguf")


def missing_packages() -> list[str]:
    """Packages that the comparison needs and that are not installed."""
    names = {"llama_cpp": "llama-cpp-python", "gguf": "gguf"}
    return [names[name] for name in NEEDED if importlib.util.find_spec(name) is None]


class LlamaCpp:
    """A model run by llama.cpp, by its C interface and as users of llama-cpp-python do."""

    def __init__(self, model: LlamaForCausalLM, answers: list[int], quantization: str) -> None:
        """Convert a model and load it."""
        import llama_cpp

        logging.getLogger("llama-cpp-python").setLevel(logging.ERROR)
        self._lib, self._answers = llama_cpp, np.array(answers)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "model.gguf"
            write_gguf(model, path, quantization)
            options = llama_cpp.llama_model_default_params()
            options.use_mmap = False
            self._model = llama_cpp.llama_model_load_from_file(str(path).encode(), options)
            self._llama = llama_cpp.Llama(
                str(path), n_ctx=256, n_threads=1, n_threads_batch=1, use_mmap=False, verbose=False
            )
        options = llama_cpp.llama_context_default_params()
        options.n_ctx, options.n_threads, options.n_threads_batch = 256, 1, 1
        self._context = llama_cpp.llama_init_from_model(self._model, options)
        self._vocabulary = model.config.vocab_size

    def generate(self, prompt: list[int], n_tokens: int) -> list[int]:
        """Most likely answers, by the C interface: the least that Python can add to it."""
        lib = self._lib
        lib.llama_memory_clear(lib.llama_get_memory(self._context), True)
        found: list[int] = []
        ids = prompt
        while len(found) < n_tokens:
            array = (ctypes.c_int32 * len(ids))(*ids)
            batch = lib.llama_batch_get_one(array, len(ids))
            if lib.llama_decode(self._context, batch):
                raise RuntimeError("llama.cpp could not decode")
            logits = lib.llama_get_logits_ith(self._context, -1)
            logits = np.ctypeslib.as_array(logits, (self._vocabulary,))
            found.append(int(self._answers[logits[self._answers].argmax()]))
            ids = found[-1:]
        return found

    def generate_as_users_do(self, prompt: list[int], n_tokens: int) -> list[int]:
        """Most likely tokens of all, by llama-cpp-python's `generate()`."""
        self._llama.reset()
        tokens = self._llama.generate(prompt, top_k=1, temp=0.0, repeat_penalty=1.0)
        return list(islice(tokens, n_tokens))
