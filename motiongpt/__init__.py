"""Text to humanoid robot motion: one language model, motion as a language."""

__version__ = "0.1.0"
