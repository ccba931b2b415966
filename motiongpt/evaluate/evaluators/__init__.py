"""Networks that put texts and motions into one space, to evaluate with."""

from motiongpt.evaluate.evaluators.evaluator import Evaluator
from motiongpt.evaluate.evaluators.guo import GuoEvaluator
from motiongpt.evaluate.evaluators.matching import MatchingEvaluator

__all__ = ["Evaluator", "GuoEvaluator", "MatchingEvaluator"]
