"""Which off-screen OpenGL this machine can draw with."""

import importlib
import os
import subprocess
import sys
from typing import Any

from motiongpt.errors import RenderError

BACKENDS = ("egl", "osmesa")
"""Off-screen OpenGL implementations that MuJoCo knows, best first."""

INSTALL_COMMAND = "sudo apt-get install -y libegl1 libgl1"
"""What installs EGL on Debian and Ubuntu."""

_TRIAL_SIZE = 16
_TRIAL_TIMEOUT = 60.0


def choose_backend() -> str:
    """Find an OpenGL that works by trying each in a process of its own.

    A driver that is broken may end the process that tries it, so this one never does. The
    environment variable MUJOCO_GL names the one to try first.

    Returns:
        A name in `BACKENDS`.

    Raises:
        RenderError: if none works; the message has the command that installs one.
    """
    wanted = os.environ.get("MUJOCO_GL", "").strip().lower()
    order = sorted(BACKENDS, key=lambda name: name != wanted)
    reasons = []
    for name in order:
        reason = _try_backend(name)
        if reason is None:
            return name
        reasons.append(f"{name}: {reason}")
    raise RenderError(
        "no off-screen OpenGL on this machine, so nothing can be drawn "
        f"({'; '.join(reasons)}). Install it with: {INSTALL_COMMAND}"
    )


def open_context(backend: str, width: int, height: int) -> Any:
    """Open an off-screen OpenGL context and make it the current one.

    Args:
        backend: a name in `BACKENDS`.
        width: widest picture, in pixels.
        height: highest picture, in pixels.

    Returns:
        MuJoCo's GLContext; its owner calls `.free()`.

    Raises:
        RenderError: if the context cannot be opened.
    """
    if backend not in BACKENDS:
        raise RenderError(f"unknown OpenGL backend '{backend}'; allowed: {', '.join(BACKENDS)}")
    try:
        context = importlib.import_module(f"mujoco.{backend}").GLContext(width, height)
        context.make_current()
    # PyOpenGL has no error of its own for a missing library: it fails in any of these ways.
    except (ImportError, AttributeError, OSError, RuntimeError, TypeError) as error:
        raise RenderError(f"{backend} cannot open a picture buffer: {error}") from error
    return context


def _try_backend(name: str) -> str | None:
    """Why a backend does not work, or None when it does."""
    environment = {**os.environ, "MUJOCO_GL": name}
    environment.pop("PYOPENGL_PLATFORM", None)  # another backend's value forbids this one
    try:
        trial = subprocess.run(
            [sys.executable, "-m", "motiongpt.view.backend", name],
            env=environment,
            capture_output=True,
            text=True,
            timeout=_TRIAL_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"did not answer in {_TRIAL_TIMEOUT:.0f} s"
    if trial.returncode == 0:
        return None
    lines = trial.stderr.strip().splitlines()
    return lines[-1] if lines else f"ended with code {trial.returncode}"


def _draw_trial(name: str) -> None:
    """Draw one empty picture; raises or dies where that cannot be done."""
    import mujoco

    context = open_context(name, _TRIAL_SIZE, _TRIAL_SIZE)
    mujoco.MjrContext(mujoco.MjSpec().compile(), mujoco.mjtFontScale.mjFONTSCALE_100)
    context.free()


if __name__ == "__main__":
    _draw_trial(sys.argv[1])
