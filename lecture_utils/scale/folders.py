"""The folders that the commands read and write, and what is refused before they mix."""

import sys
from functools import partial
from pathlib import Path

from tqdm import tqdm

from lecture_utils.scale import checkpoint, layouts
from lecture_utils.scale.blocks import ABOUT, Blocks
from lecture_utils.scale.prepare import TEST, prepare
from lecture_utils.scale.settings import PROGRAM, PrepareSettings, TrainSettings, UsageError
from lecture_utils.scale.titles import read_titles
from lecture_utils.scale.world import World


def open_blocks(settings: TrainSettings, world: World) -> Blocks:
    """Open those in --data if it was prepared, or else make them once, in the run's folder."""
    run, asked = settings.out, {} if settings.test is None else {"fraction": settings.test}
    if world.rank == 0:
        run.mkdir(parents=True, exist_ok=True)
        checkpoint.clean(run)
    if (settings.data / ABOUT).exists():
        blocks = Blocks(settings.data)
    else:
        asked |= {"source": _identify(layouts.find_ratings(settings.data)), "seed": settings.seed}
        folder = run / checkpoint.RATINGS
        if not folder.exists():
            if world.size > 1:
                raise ValueError(
                    "프로세스 여럿이 학습하려면 먼저 평점을 준비하고 그 폴더를 --data로 주세요: "
                    f"{PROGRAM} prepare --data {settings.data} --out 폴더"
                )
            write_blocks(settings, folder)
        blocks = Blocks(folder)
    refuse_changes(blocks.folder, blocks.about, asked)
    return blocks


def write_blocks(settings: PrepareSettings, folder: Path) -> Blocks:
    """Make blocks of the ratings in --data, and show how far that is."""
    layout = layouts.find_ratings(settings.data)
    with tqdm(unit="평점", unit_scale=True, disable=None) as bar:  # None: unless it is a terminal
        blocks = prepare(
            partial(layouts.read_chunks, layout), folder, test=settings.test or TEST,
            seed=settings.seed, note={"source": _identify(layout)},
            titles=read_titles(layout.path.parent), progress=partial(_show, bar),
        )  # fmt: skip
    if doubled := blocks.about["doubled"]:
        print(f"같은 사용자가 같은 영화에 다시 매긴 평점이 있어 {doubled:,}개를 뺐습니다. ", end="")
        print("파일에서 나중에 나온 평점을 남겼습니다.")
    return blocks


def _show(bar: tqdm, stage: str, done: int, total: int | None) -> None:
    """Show how far `prepare` is: on a terminal in `bar`, elsewhere a line per stage."""
    if stage != getattr(bar, "desc", None):
        bar.desc = stage
        bar.reset(total)
        if bar.disable:
            print(f"{stage}...", file=sys.stderr, flush=True)
    bar.update(done - bar.n)


def describe(blocks: Blocks) -> str:
    """Describe the ratings to train on, to know them again."""
    return f"평점 {sum(blocks.sizes):,}개, 평균 {blocks.mean:.6f}"


def _identify(layout: layouts.Layout) -> list:
    """Name the file and its size in bytes, to know it again."""
    return [layout.path.name, layout.path.stat().st_size]


NAMES = {"fraction": "--test", "source": "--data", "processes": "프로세스 수"}


def refuse_changes(folder: Path, old: dict, new: dict) -> None:
    """Raise ValueError if something in `new` differs from `old`, which `folder` was begun with."""
    for name, value in new.items():
        if old.get(name) != value:
            called = NAMES.get(name, f"--{name.replace('_', '-')}")
            raise ValueError(
                f"{folder}은(는) {called} {old.get(name)}(으)로 시작했는데 이번에는 {value}입니다. "
                "처음 것을 그대로 주거나 --out을 바꾸세요."
            )


def find_blocks(run: Path, data: Path | None, state: dict) -> Blocks:
    """Open the blocks that the run of `state` was trained on: in `data`, or in its own folder.

    Raises:
        UsageError: They are not there, or others.
    """
    folder = data or run / checkpoint.RATINGS
    if not (folder / ABOUT).exists():
        raise UsageError("--data: 그 평점도 있어야 하니, 학습할 때 쓴 prepare한 폴더를 주세요.")
    blocks = Blocks(folder)
    pairs = zip(("users", "movies"), state["ids"])
    same = all(blocks.read_ids(side).tolist() == ids.tolist() for side, ids in pairs)
    if not same or describe(blocks) != state["settings"]["data"]:
        raise UsageError(f"--data: {run}이(가) 학습한 폴더를 주세요.")
    return blocks
