"""Latency of the shipped motion tokenizer."""

import time

import numpy as np

from benchmarks.timing import Row, best_time, percentiles
from motiongpt.model_folder import find_model
from motiongpt.motion.features import canonicalize, encode_features
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer


def measure(clips: list[np.ndarray]) -> list[Row]:
    """Time encoding, decoding at once and decoding token by token.

    Args:
        clips: joint positions (T, 22, 3) in [m], y up.
    """
    tokenizer = MotionTokenizer.load(find_model("default").tokenizer)
    longest = canonicalize(max(clips, key=len).astype(float))
    features = encode_features(np.tile(longest, (200 // len(longest) + 1, 1, 1))[:201])
    tokens = tokenizer.encode_features(features)
    encode = best_time(lambda: tokenizer.encode_features(features))
    decode = best_time(lambda: tokenizer.decode(tokens))
    times = []
    for _ in range(5):
        stream = tokenizer.stream()
        for token in tokens:
            began = time.perf_counter()
            stream.push([token])
            times.append(time.perf_counter() - began)
    return [
        (f"encode {len(features)} frames", f"{1000 * encode:.1f} ms"),
        (f"decode {len(tokens)} tokens at once", f"{1000 * decode:.1f} ms"),
        ("decode one token of a stream", percentiles(times)),
        ("look-ahead of the stream", f"{tokenizer.stream().look_ahead} frames"),
    ]
