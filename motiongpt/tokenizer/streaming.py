"""Decoding token by token, with the same frames as decoding all at once.

A layer that looks ahead holds its output back until it has seen enough, so what it gives is final.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from motiongpt.errors import TokenizerError
from motiongpt.tokenizer.vqvae import UPSAMPLING, VQVAE, Conv3, ResidualBlock


class _Stream(ABC):
    """A layer that is fed in pieces (1, C, n) and gives what is final, (1, C', m)."""

    ahead: int
    """Outputs at the end of what was pushed that are held back."""

    scale: int = 1
    """Outputs an input."""

    @abstractmethod
    def push(self, x: Tensor) -> Tensor:
        """Take more input and give the output that is final by now."""

    def finish(self, like: Tensor) -> Tensor:
        """Give the rest; `like` (1, C, 0) tells channels and type."""
        return self.push(like)


class _Pointwise(_Stream):
    """A layer without memory."""

    ahead = 0

    def __init__(self, layer: nn.Module, scale: int = 1) -> None:
        self.layer, self.scale = layer, scale

    def push(self, x: Tensor) -> Tensor:
        return self.layer(x) if x.shape[-1] else x


class _Convolution(_Stream):
    """A convolution of kernel 3 that remembers its last inputs.

    It is one matrix product: for the few frames of a token that is several times faster than a
    convolution, which lays out its weights anew in each call.
    """

    def __init__(self, layer: Conv3) -> None:
        (self.before, self.ahead), self.dilation = layer.pad, layer.dilation[0]
        assert layer.bias is not None
        self.weight, self.bias = layer.weight.transpose(1, 2).flatten(1), layer.bias[:, None]
        self.buffer = layer.weight.new_zeros(1, layer.in_channels, self.before)

    def push(self, x: Tensor) -> Tensor:
        self.buffer = torch.cat([self.buffer, x], dim=-1)
        n = self.buffer.shape[-1] - self.before - self.ahead
        if n <= 0:
            return x.new_zeros(1, len(self.weight), 0)
        taps = [self.buffer[0, :, k * self.dilation :][:, :n] for k in range(3)]
        self.buffer = self.buffer[..., n:]
        return torch.addmm(self.bias, self.weight, torch.cat(taps))[None]

    def finish(self, like: Tensor) -> Tensor:
        return self.push(like.new_zeros(1, like.shape[1], self.ahead))


class _Residual(_Stream):
    """A residual block; the input waits for what is added to it."""

    def __init__(self, block: ResidualBlock) -> None:
        self.block, self.inner = block, _Convolution(block.conv1)
        self.ahead = self.inner.ahead
        self.waiting: Tensor | None = None

    def _add(self, x: Tensor, inner: Tensor) -> Tensor:
        held = x if self.waiting is None else torch.cat([self.waiting, x], dim=-1)
        ready, self.waiting = held.tensor_split([inner.shape[-1]], dim=-1)
        if not inner.shape[-1]:
            return ready
        return ready + self.block.conv2(torch.relu(inner))

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
            x = torch.cat([pushed, layer.finish(x[..., :0])], dim=-1)
        return x


def _stream(module: nn.Module) -> _Stream:
    if isinstance(module, Conv3):
        return _Convolution(module)
    if isinstance(module, ResidualBlock):
        return _Residual(module)
    if isinstance(module, nn.Upsample):
        return _Pointwise(module, UPSAMPLING)
    if isinstance(module, nn.ReLU):
        return _Pointwise(module)
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
        return self._features(self._layers.push(self._codes(now)))

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
        return self._features(self._layers.finish(self._codes([])))

    def _codes(self, indices: list[int]) -> Tensor:
        device = next(self._model.decoder.parameters()).device
        if not indices:
            return torch.zeros(1, self._model.config.code_dim, 0, device=device)
        batch = torch.tensor([indices], device=device)
        return self._model.quantizer.codes(batch).transpose(1, 2)

    def _features(self, x: Tensor) -> Tensor:
        return x[0].T
