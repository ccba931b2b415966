from os.path import commonprefix

import torch
from hypothesis import given
from hypothesis import strategies as st

from motiongpt.lm.prompt_cache import KnownPrompt, PromptCache

PROMPT = st.lists(st.integers(0, 2), min_size=1, max_size=8).map(tuple)


def _known(ids: tuple[int, ...]) -> KnownPrompt:
    return KnownPrompt(ids, torch.empty(0), torch.empty(0))


@given(kept=st.lists(PROMPT, max_size=6, unique=True), wanted=PROMPT)
def test_the_nearest_prompt_shares_the_longest_beginning(kept, wanted) -> None:
    cache = PromptCache(1000)
    for ids in kept:
        cache.add(_known(ids))
    found, n = cache.nearest(wanted)
    longest = max((len(commonprefix([ids, wanted])) for ids in kept), default=0)
    assert n == longest
    assert (found is None) == (longest == 0)
    if found is not None:
        assert found.ids[:n] == wanted[:n]
    if wanted in kept:
        assert found is not None and found.ids == wanted


@given(added=st.lists(PROMPT, min_size=1, max_size=12), room=st.integers(8, 20))
def test_the_latest_prompts_are_kept_as_far_as_there_is_room(added, room: int) -> None:
    cache = PromptCache(room)
    for ids in added:
        cache.add(_known(ids))
    kept = [prompt.ids for prompt in cache._prompts]
    assert sum(map(len, kept)) <= room
    assert kept == added[::-1][: len(kept)]
