"""The language model: text and motion tokens in, motion tokens out."""
