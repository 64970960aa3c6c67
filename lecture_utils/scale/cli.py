"""python -m lecture_utils train, prepare and recommend: long runs from the command line.

    python -m lecture_utils train --data ml-25m --model mf --rank 64 --epochs 20 --out run
    torchrun --nproc-per-node 2 -m lecture_utils train --data prepared --out run
    python -m lecture_utils recommend --run run --user 1

The same command again goes on where it stopped.
"""

import os
import signal
import sys
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from lecture_utils.recommend import top_n
from lecture_utils.scale import checkpoint, layouts
from lecture_utils.scale.blocks import ABOUT, Blocks
from lecture_utils.scale.prepare import TEST, prepare
from lecture_utils.scale.settings import (
    PROGRAM,
    PrepareSettings,
    RecommendSettings,
    Settings,
    TrainSettings,
    UsageError,
    parse,
)
from lecture_utils.scale.train import Training
from lecture_utils.scale.world import World, join

STOPPED = "멈추라는 신호를 받았습니다."


def main(arguments: list[str]) -> int:
    """Run a command.

    Returns:
        The exit status: 0; 1 after an error; 2 for a bad option; 130 if it was stopped.
    """
    settings = None
    before = {n: signal.signal(n, signal.default_int_handler) for n in checkpoint.STOPPING}
    try:
        settings = parse(arguments)
        return RUN[type(settings)](settings)
    except KeyboardInterrupt:
        return _stop(settings, STOPPED, 130)
    except ValueError as error:
        return _complain(error, 2 if isinstance(error, UsageError) else 1)
    except OSError as error:
        ours = error.errno is None  # a sentence of this package, not of the operating system
        return _complain(error if ours else f"파일을 읽거나 쓰지 못했습니다: {error}", 1)
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in reason:
            words = "메모리가 모자랍니다. --rank를 줄이거나 --stream을 붙여 보세요"
            return _complain(f"{words} ({reason}).", 1)
        if "WORLD_SIZE" not in os.environ:
            raise
        return _stop(settings, f"함께 학습하던 프로세스가 사라졌습니다 ({reason}).", 1)
    finally:
        for restored in before.items():
            signal.signal(*restored)


def _complain(sentence: object, status: int) -> int:
    print(f"✗ {sentence}", file=sys.stderr)
    return status


def _stop(settings: Settings | None, reason: str, status: int) -> int:
    print(file=sys.stderr)
    _complain(reason, status)
    if isinstance(settings, TrainSettings):
        words = "저장된 에폭이 아직 없습니다. 같은 명령을 다시 주면 처음부터 합니다."
        if state := checkpoint.load(settings.out):
            words = f"에폭 {len(state['history'])}까지 {settings.out}에 저장되어 있습니다. "
            words += "같은 명령을 다시 주면 이어서 합니다."
        print(words, file=sys.stderr)
    return status


def prepare_folder(settings: PrepareSettings) -> int:
    """Run `prepare`."""
    blocks = _write_blocks(settings, settings.out)
    print(f"✓ 평점 {sum(blocks.sizes):,}개를 블록 {len(blocks)}개에 담았습니다: {settings.out}")
    return 0


def train(settings: TrainSettings) -> int:
    """Run `train`, from the start or from where it stopped."""
    state = checkpoint.load(settings.out)
    with join(settings.device) as world:
        blocks = _open_blocks(settings, world)
        about = {"data": f"평점 {sum(blocks.sizes):,}개, 평균 {blocks.mean:.6f}"}
        fixed = settings.fixed(world.size) | about
        if state:
            _refuse_changes(settings.out, state["settings"], fixed)
        model = checkpoint.build(fixed, blocks.num_users, blocks.num_items, blocks.mean)
        training = Training(
            model, blocks, world, lr=settings.lr, ridge=settings.ridge,
            ridge_bias=settings.ridge_bias, full_batch=settings.full_batch,
            stream=settings.stream, validation=settings.validation, seed=settings.seed,
        )  # fmt: skip
        if state:
            checkpoint.resume(training, state)
        done = len(training.history)
        if world.sum(done)[0] != world.size * done:
            raise UsageError(f"--out: {settings.out} 대신 모든 프로세스가 함께 보는 폴더를 주세요.")
        _run_epochs(settings, training, fixed)
        model, *_, test_mse = checkpoint.load_model(settings.out)  # of the best epoch
        if test_mse is None:
            test_mse = training.test_mse(model.to(world.device))
            if world.rank == 0:
                checkpoint.save(settings.out, training, fixed, test_mse)
        mean_mse = training.mean_mse()
    return _report(settings, training, test_mse, mean_mse) if world.rank == 0 else 0


def _run_epochs(settings: TrainSettings, training: Training, fixed: dict) -> None:
    each, first = sum(training.sizes), training.world.rank == 0
    total, done = settings.epochs * each, len(training.history) * each
    hidden = None if first else True  # None: unless it is a terminal
    with tqdm(total=total, initial=done, unit="평점", unit_scale=True, disable=hidden) as bar:
        training.progress = bar.update
        while len(training.history) < settings.epochs:
            epoch = training.epoch()
            if first:
                checkpoint.save(settings.out, training, fixed)
                bar.set_postfix_str(f"훈련 {epoch.train_mse:.4f}, 검증 {epoch.held_out_mse:.4f}")
            training.world.wait()


def _report(settings: TrainSettings, training: Training, test_mse: float, mean_mse: float) -> int:
    """Say which epoch was kept and how good it is; 1 if the mean alone predicts better."""
    kept = training.history[training.best.epoch - 1]
    if kept.held_out_mse >= mean_mse:
        return _complain(
            f"검증 MSE {kept.held_out_mse:.4f}: 평균만 예측한 {mean_mse:.4f}보다 못합니다. "
            f"--out을 바꾸고 --lr {settings.lr:g}을 줄이거나, --epochs를 늘려 보세요.",
            1,
        )
    held = sum(training.blocks.sizes[number] for number in training.held_out)
    print(
        f"✓ 에폭 {len(training.history)}까지 했습니다.\n"
        f"  검증 MSE가 가장 낮은 에폭 {training.best.epoch}의 모델을 남깁니다.\n"
        f"  훈련 MSE {kept.train_mse:.4f}, 검증 MSE {kept.held_out_mse:.4f}, "
        f"테스트 MSE {test_mse:.4f}\n"
        f"  검증에 쓴 블록: {len(training.blocks)}개 가운데 {training.validation}개 "
        f"(평점 {held:,}개)\n"
        f"  폴더: {settings.out}"
    )
    return 0


def _open_blocks(settings: TrainSettings, world: World) -> Blocks:
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
            _write_blocks(settings, folder)
        blocks = Blocks(folder)
    _refuse_changes(blocks.folder, blocks.about, asked)
    return blocks


def _write_blocks(settings: PrepareSettings, folder: Path) -> Blocks:
    layout = layouts.find_ratings(settings.data)
    with tqdm(unit="평점", unit_scale=True, disable=None) as bar:  # None: unless it is a terminal
        blocks = prepare(
            partial(layouts.read_chunks, layout), folder, test=settings.test or TEST,
            seed=settings.seed, note={"source": _identify(layout)}, progress=partial(_show, bar),
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


def _identify(layout: layouts.Layout) -> list:
    """Name the file and its size in bytes, to know it again."""
    return [layout.path.name, layout.path.stat().st_size]


NAMES = {"fraction": "--test", "source": "--data", "processes": "프로세스 수"}


def _refuse_changes(folder: Path, old: dict, new: dict) -> None:
    """Raise ValueError if something in `new` differs from `old`, which `folder` was begun with."""
    for name, value in new.items():
        if old.get(name) != value:
            called = NAMES.get(name, f"--{name.replace('_', '-')}")
            raise ValueError(
                f"{folder}은(는) {called} {old.get(name)}(으)로 시작했는데 이번에는 {value}입니다. "
                "처음 것을 그대로 주거나 --out을 바꾸세요."
            )


def recommend(settings: RecommendSettings) -> int:
    """Run `recommend`: the movies that this user has not rated, the highest prediction first."""
    trained = checkpoint.load_model(settings.run)
    folder = settings.data or settings.run / checkpoint.RATINGS
    if not (folder / ABOUT).exists():
        raise UsageError("--data: 이미 본 영화를 빼야 하니, 학습할 때 쓴 prepare한 폴더를 주세요.")
    blocks = Blocks(folder)
    for side, ids in (("users", trained.users), ("movies", trained.movies)):
        if blocks.read_ids(side).tolist() != ids.tolist():
            raise UsageError(f"--data: {settings.run}이(가) 학습한 폴더를 주세요.")
    rows = (trained.users == settings.user).nonzero().flatten()
    if not len(rows):
        raise UsageError(f"--user: 학습한 데이터에 없는 {settings.user} 대신 있는 번호를 주세요.")
    seen = blocks.find_rated(int(rows))
    left = blocks.num_items - len(seen)
    if settings.n > left:
        raise UsageError(f"--n: 아직 보지 않은 영화가 {left}편이니 그 이하의 수를 주세요.")
    offered = torch.arange(blocks.num_items)  # all rows: none is left unused
    with torch.no_grad():
        scores = trained.model.table(rows)[0]
    for place, item in enumerate(top_n(scores, seen, offered, settings.n).tolist(), start=1):
        print(f"{place:3}. 영화 {trained.movies[item]:6}  예측 {scores[item]:.2f}")
    return 0


RUN = {PrepareSettings: prepare_folder, TrainSettings: train, RecommendSettings: recommend}
