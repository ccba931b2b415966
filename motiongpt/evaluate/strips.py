"""What the model does for the same few sentences, to look at."""

from pathlib import Path

from motiongpt.lm.decoding import Sampling
from motiongpt.pipeline import MotionGPT
from motiongpt.view.people import render_strips

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

    Raises:
        RenderError: if the file cannot be written or this machine cannot draw.
    """
    file = folder / "strips.png"
    sampling = Sampling(temperature=0.0)
    motions = [(text, model.generate(text, sampling=sampling).motion) for text in prompts]
    render_strips(file, motions)
    return file
