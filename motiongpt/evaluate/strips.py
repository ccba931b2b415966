"""What the model does for the same few sentences, to look at."""

import logging
from pathlib import Path

from motiongpt.errors import CommandError, EvaluationError
from motiongpt.lm.decoding import Sampling
from motiongpt.pipeline import MotionGPT
from motiongpt.view.people import render_strips

logger = logging.getLogger(__name__)

PROMPTS = (
    "a person walks forward",
    "walk forward and turn left",
    "run ahead wearily",
    "wave your right hand",
    "raise both hands",
    "take a bow",
    "a person walks forward and waves with the left hand",
    "kick with the right foot",
)


def draw_strips(model: MotionGPT, folder: Path, prompts: tuple[str, ...] = PROMPTS) -> Path:
    """Write `strips.png`: a row of instants for each sentence, most likely tokens taken.

    Sentences that the model refuses have no row.

    Raises:
        EvaluationError: if it refuses all.
        RenderError: if the file cannot be written or this machine cannot draw.
    """
    file = folder / "strips.png"
    sampling = Sampling(temperature=0.0)
    motions = []
    for text in prompts:
        try:
            motions.append((text, model.generate(text, sampling=sampling).motion))
        except CommandError as error:
            logger.info("no strip of '%s': %s", text, error)
    if not motions:
        raise EvaluationError(f"the model refuses all {len(prompts)} sentences of the strips")
    render_strips(file, motions)
    return file
