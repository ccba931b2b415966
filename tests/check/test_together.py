from motiongpt.check.together import evaluate_together
from motiongpt.model_folder import find_model
from motiongpt.motion.composed_clips import ComposedClip
from motiongpt.motion.dataset import Caption
from motiongpt.pipeline import MotionGPT
from motiongpt.tokenizer.motion_tokenizer import MotionTokenizer


def test_what_tokens_hold_is_kept_and_what_follows_does_not_count() -> None:
    model = MotionGPT.load()
    tokens = model.generate("wave both hands").tokens
    features = model.tokenizer.decode_features(tokens)
    clip = ComposedClip((Caption("a person waves"),), features, together=True)
    after = ComposedClip((Caption("a person waves"),), features, together=False)
    scores = evaluate_together(
        MotionTokenizer.load(find_model("default").tokenizer), [clip, after]
    )
    assert scores.hands_raised == 2
    assert scores.hands_kept == 1.0
    assert scores.arm_error < 120
