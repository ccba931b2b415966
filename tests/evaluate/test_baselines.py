from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from motiongpt.evaluate.baselines import NearestCaption, shuffle
from motiongpt.evaluate.test_set import RealClip, draw_requests
from motiongpt.motion.dataset import Caption


def test_the_same_caption_finds_one_of_its_own_clips(clips: tuple[RealClip, ...]) -> None:
    requests = draw_requests(clips, 0)
    found = NearestCaption.of(clips).find(requests)
    for request, clip in zip(requests, found, strict=True):
        assert clip.texts == request.clip.texts


def test_clips_with_the_same_caption_are_all_found_by_some_seed(
    clips: tuple[RealClip, ...],
) -> None:
    request = draw_requests(clips, 0)[0]
    asked = tuple(replace(request, seed=seed) for seed in range(4))
    assert len({clip.clip_id for clip in NearestCaption.of(clips).find(asked)}) == 2


def test_other_words_find_what_shares_most_of_them(clips: tuple[RealClip, ...]) -> None:
    request = draw_requests(clips, 0)[0]
    asked = replace(request, caption=Caption("please wave the right hand"))
    assert NearestCaption.of(clips).find((asked,))[0].captions[0].text == "wave your right hand"


@given(st.integers(2, 40), st.integers(0, 1000))
def test_a_shuffled_order_leaves_nothing_in_its_place(n: int, seed: int) -> None:
    order = shuffle((None,) * n, seed)  # type: ignore[arg-type]
    assert sorted(order) == list(range(n))
    assert all(at != i for i, at in enumerate(order))
