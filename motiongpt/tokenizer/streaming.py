"""Decoding token by token, with the same frames as decoding all at once.

A layer that looks ahead holds its output back until it has seen enough, so what it gives is final.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn
from torch.nn.functional import linear

from motiongpt.errors import TokenizerError
from motiongpt.tokenizer.vqvae import UPSAMPLING, VQVAE, Conv3, ResidualBlock


class _Stream(ABC):
    """A layer that is fed in pieces (n, C) and gives what is final, (m, C')."""

    ahead: int
    """Outputs at the end of what was pushed that are held back."""

    scale: int = 1
    """Outputs an input."""

    @abstractmethod
    def push(self, x: Tensor) -> Tensor:
        """Take more input and give the output that is final by now."""

    def finish(self, like: Tensor) -> Tensor:
        """Give the rest; `like` (0, C) tells channels and type."""
        return self.push(like)


class _Pointwise(_Stream):
    """A layer without memory."""

    ahead = 0

    def __init__(self, layer: Callable[[Tensor], Tensor], scale: int = 1) -> None:
        self.layer, self.scale = layer, scale

    def push(self, x: Tensor) -> Tensor:
        return self.layer(x)


class _Convolution(_Stream):
    """A convolution of kernel 3 that remembers its last inputs.

    It is one matrix product: for the few frames of a token that is several times faster than a
    convolution, which lays out its weights anew in each call.
    """

    def __init__(self, layer: Conv3) -> None:
        (self.before, self.ahead), self.dilation = layer.pad, layer.dilation[0]
        self.weight, self.bias = layer.weight.transpose(1, 2).flatten(1), layer.bias
        self.buffer = layer.weight.new_zeros(self.before, layer.in_channels)

    def push(self, x: Tensor) -> Tensor:
        self.buffer = torch.cat([self.buffer, x])
        n = len(self.buffer) - self.before - self.ahead
        if n <= 0:
            return x.new_zeros(0, len(self.weight))
        taps = [self.buffer[k * self.dilation :][:n] for k in range(3)]
        self.buffer = self.buffer[n:]
        return linear(torch.cat(taps, dim=1), self.weight, self.bias)

    def finish(self, like: Tensor) -> Tensor:
        return self.push(like.new_zeros(self.ahead, like.shape[1]))


class _Residual(_Stream):
    """A residual block; the input waits for what is added to it."""

    def __init__(self, block: ResidualBlock) -> None:
        self.inner = _Convolution(block.conv1)
        self.weight, self.bias = block.conv2.weight[..., 0], block.conv2.bias
        self.ahead = self.inner.ahead
        self.waiting = self.weight.new_zeros(0, self.weight.shape[0])

    def _add(self, x: Tensor, inner: Tensor) -> Tensor:
        held = torch.cat([self.waiting, x])
        ready, self.waiting = held[: len(inner)], held[len(inner) :]
        return ready + linear(torch.relu(inner), self.weight, self.bias)

    def push(self, x: Tensor) -> Tensor:
        return self._add(x, self.inner.push(torch.relu(x)))

    def finish(self, like: Tensor) -> Tensor:
        return self._add(like, self.inner.finish(like))


class _Chain(_Stream):
    """Layers one after the other."""

    def __init__(self, layers: Sequence[_Stream]) -> None:
        self.layers = layers
        self.ahead, self.scale = 0, 1
        for layer in layers:
            self.ahead = self.ahead * layer.scale + layer.ahead
            self.scale *= layer.scale

    def push(self, x: Tensor) -> Tensor:
        for layer in self.layers:
            x = layer.push(x)
        return x

    def finish(self, like: Tensor) -> Tensor:
        x = like
        for layer in self.layers:
            pushed = layer.push(x)
            x = torch.cat([pushed, layer.finish(x[:0])])
        return x


def _upsample(x: Tensor) -> Tensor:
    return x.repeat_interleave(UPSAMPLING, dim=0)


def _stream(module: nn.Module) -> _Stream:
    if isinstance(module, Conv3):
        return _Convolution(module)
    if isinstance(module, ResidualBlock):
        return _Residual(module)
    if isinstance(module, nn.Upsample):
        return _Pointwise(_upsample, UPSAMPLING)
    if isinstance(module, nn.ReLU):
        return _Pointwise(torch.relu)
    return _Chain([_stream(child) for child in module.children()])


class FrameDecoder:
    """Code indices one by one to normalized features, as soon as they are final.

    Attributes:
        look_ahead: frames at the end of what is decoded so far that later tokens can still change
            and that are therefore held back until then or until `finish`; 0 if the decoder is
            causal.
    """

    def __init__(self, model: VQVAE) -> None:
        """Start a stream; the model must be in eval mode and stay as it is."""
        self._model = model
        self._start()
        self.look_ahead = self._layers.ahead

    def _start(self) -> None:
        self._layers = _stream(self._model.decoder)
        self._pending: list[int] = []
        self._finished = False

    @torch.inference_mode()
    def push(self, indices: Sequence[int]) -> Tensor:
        """Decode more code indices.

        Args:
            indices: any number; those of one latent may come apart.

        Returns:
            Normalized features (n, n_features) that no later token changes, n from 0 on.

        Raises:
            TokenizerError: after `finish`.
        """
        if self._finished:
            raise TokenizerError("the stream is finished; start a new one")
        self._pending += indices
        per_latent = self._model.quantizer.tokens_per_latent
        n = len(self._pending) // per_latent * per_latent
        now, self._pending = self._pending[:n], self._pending[n:]
        return self._layers.push(self._codes(now))

    @torch.inference_mode()
    def finish(self) -> Tensor:
        """Give the frames that were held back, (n, n_features).

        Raises:
            TokenizerError: if it was called before, or a latent is not complete.
        """
        if self._finished:
            raise TokenizerError("the stream is finished already")
        if self._pending:
            raise TokenizerError(
                f"{len(self._pending)} motion tokens are no whole latent of "
                f"{self._model.quantizer.tokens_per_latent}"
            )
        self._finished = True
        return self._layers.finish(self._codes([]))

    def _codes(self, indices: list[int]) -> Tensor:
        """Codes (n, code_dim) of whole latents."""
        weight = next(self._model.decoder.parameters())
        if not indices:
            return weight.new_zeros(0, self._model.config.code_dim)
        batch = torch.tensor([indices], device=weight.device)
        return self._model.quantizer.codes(batch)[0]
