"""Does a motion fit a text? A small network that puts both into one space.

It scores what was generated: to choose the best of several motions, to say how sure the system is,
and to evaluate.
"""
