"""python -m lecture_utils evaluate: the lists of a run, measured on the test data."""

import sys

import pandas as pd
from torch import Tensor
from tqdm import tqdm

from lecture_utils.ranking.compare import interval
from lecture_utils.scale import checkpoint
from lecture_utils.scale.folders import find_blocks
from lecture_utils.scale.interactions import read_interactions
from lecture_utils.scale.measure import (
    K,
    choose_users,
    collect_liked,
    measure,
    popularity,
    sum_squared_errors,
)
from lecture_utils.scale.rankers import RANKERS
from lecture_utils.scale.settings import EvaluateSettings

COLUMNS = f"NDCG@{K} (95% 구간)       재현율  적중률  커버리지"


def evaluate(settings: EvaluateSettings) -> int:
    """Run `evaluate`: the metrics of the lists, their intervals, and popularity's beside them.

    What a user rated in the blocks, those of validation among them, is not shown again.
    """
    state = checkpoint.load_trained(settings.run)
    blocks, name = find_blocks(settings.run, settings.data, state), state["settings"]["model"]
    print("평점 읽기...", file=sys.stderr, flush=True)
    watched = read_interactions(blocks, range(len(blocks)))
    trained = checkpoint.restore(state, watched)
    liked = collect_liked(blocks.read_test(), blocks.num_users, blocks.num_items)
    all_users = choose_users(watched, liked, blocks.num_users)
    users = choose_users(watched, liked, settings.users)
    if len(users) < 2:
        raise ValueError(
            "목록을 재어 볼 사용자가 한 명뿐이라 구간을 구할 수 없습니다. --test를 늘려 다시 "
            "prepare하고 train하세요."
        )
    print(
        f"4점 이상을 준 테스트 영화를 {K}편의 목록에서 찾습니다.\n"
        f"사용자 {len(all_users):,}명 가운데 {len(users):,}명, 영화 {blocks.num_items:,}편\n"
        + COLUMNS
    )
    for label, model in ((name, trained.model), ("인기", popularity(watched))):
        with tqdm(total=len(users), unit="명", desc=label, disable=None) as bar:
            if bar.disable:
                print(f"{label}...", file=sys.stderr, flush=True)
            found, lists = measure(model, watched, liked, users, bar.update, lists=True)
        print(_describe(label, found, lists, blocks.num_items))
    if name not in RANKERS:
        mse = trained.test_mse
        if mse is None:
            error, count = sum_squared_errors(trained.model, blocks.read_test())
            mse = error / count
        print(f"테스트 RMSE는 {mse**0.5:.4f}입니다 ({name}).")
    return 0


def _describe(label: str, found: pd.DataFrame, lists: Tensor, num_items: int) -> str:
    mean, low, high = interval(found["ndcg"])
    shown = len(lists[lists >= 0].unique()) / num_items  # on any list at all
    return (
        f"{mean:.4f} ({low:.4f}~{high:.4f}){found['recall'].mean():9.4f}"
        f"{found['hit_rate'].mean():8.4f}{shown:10.1%}  {label}"
    )
