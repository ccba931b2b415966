"""Requests that no model of body motion can follow, or that ours was shown nothing of."""

from motiongpt.check.commands import Command
from motiongpt.check.judge import Action

FAR = tuple(
    Command(text, Action.REFUSED)
    for text in (
        "bake a cake",
        "swim across the pool",
        "ride a bicycle",
        "play the guitar",
        "drive a car",
        "drink a glass of water",
        "open the door",
        "sleep on the bed",
        "write a letter",
        "tell me a joke",
        "what time is it",
        "order a pizza",
        "read the newspaper",
        "comb your hair",
        "skate on ice",
        "do push ups",
        "fly like a bird",
        "the sun is shining",
    )
)
"""What is right is to refuse them."""
