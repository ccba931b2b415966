"""Our model as it is asked for the best of several motions."""

from dataclasses import dataclass, replace

from motiongpt.errors import CommandError
from motiongpt.evaluate.generator import Made, PipelineGenerator
from motiongpt.evaluate.tasks import Task
from motiongpt.evaluate.test_set import Request
from motiongpt.matching.model import MatchingModel


@dataclass(frozen=True)
class BestOf:
    """Several motions side by side, of which the matching model takes the one that fits best.

    Attributes:
        plain: makes one motion, also of what is refused or has several steps.
        matching: chooses.
        n: how many motions.
    """

    plain: PipelineGenerator
    matching: MatchingModel
    n: int

    def __call__(self, request: Request, task: Task) -> Made:
        """Make a motion of the caption."""
        assert task is Task.TEXT
        model = replace(self.plain.model, matching=self.matching)
        sampling = replace(self.plain.sampling, seed=self.n * request.seed)
        try:
            made = model.generate_best(request.caption.text, self.n, sampling=sampling)
        except CommandError:
            return self.plain(request, task)
        return Made(model.tokenizer.decode_features(made.tokens), made.tokens)
