"""python -m lecture_utils train, prepare, evaluate and recommend: long runs, by the command line.

    python -m lecture_utils train --data ml-25m --model mf --rank 64 --epochs 20 --out run
    torchrun --nproc-per-node 2 -m lecture_utils train --data prepared --out run
    python -m lecture_utils train --data prepared --model ials --out lists
    python -m lecture_utils evaluate --run lists --data prepared
    python -m lecture_utils recommend --run lists --data prepared --user 1

The same command again goes on where it stopped.
"""

import os
import signal
import sys

import torch
from tqdm import tqdm

from lecture_utils.scale import checkpoint
from lecture_utils.scale.evaluate import evaluate
from lecture_utils.scale.folders import describe, open_blocks, refuse_changes, write_blocks
from lecture_utils.scale.rankers import RANKERS
from lecture_utils.scale.recommend import recommend
from lecture_utils.scale.settings import (
    PROGRAM,
    EvaluateSettings,
    PrepareSettings,
    RecommendSettings,
    Settings,
    TrainSettings,
    UsageError,
    parse,
)
from lecture_utils.scale.train import Training
from lecture_utils.scale.train_rankers import RankerTraining
from lecture_utils.scale.world import join

STOPPED = "멈추라는 신호를 받았습니다."
LESS = {  # what takes less memory
    "ease": "--items를 줄여", "ials": "--rank를 줄여", "softmax": "--rank나 --batch를 줄여"
}  # fmt: skip


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
            remedy = "메모리를 쓰는 다른 프로그램을 닫고 다시 해"
            if isinstance(settings, TrainSettings):  # the others have no such options
                remedy = LESS.get(settings.model, "--rank를 줄이거나 --stream을 붙여")
            return _complain(f"메모리가 모자랍니다. {remedy} 보세요 ({reason}).", 1)
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
    blocks = write_blocks(settings, settings.out)
    print(f"✓ 평점 {sum(blocks.sizes):,}개를 블록 {len(blocks)}개에 담았습니다: {settings.out}")
    return 0


def train(settings: TrainSettings) -> int:
    """Run `train`, from the start or from where it stopped."""
    return _train_ranker(settings) if settings.model in RANKERS else _train_mf(settings)


def _train_mf(settings: TrainSettings) -> int:
    state = checkpoint.load(settings.out)
    with join(settings.device) as world:
        blocks = open_blocks(settings, world)
        fixed = settings.fixed(world.size) | {"data": describe(blocks)}
        if state:
            refuse_changes(settings.out, state["settings"], fixed)
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
        with _show_epochs(settings.epochs, training, "평점", world.rank == 0) as bar:
            while len(training.history) < settings.epochs:
                epoch = training.epoch()
                if world.rank == 0:
                    checkpoint.save(settings.out, training, fixed)
                    bar.set_postfix_str(
                        f"훈련 {epoch.train_mse:.4f}, 검증 {epoch.held_out_mse:.4f}"
                    )
                world.wait()
        model, *_, test_mse = checkpoint.load_model(settings.out)  # of the best epoch
        if test_mse is None:
            test_mse = training.test_mse(model.to(world.device))
            if world.rank == 0:
                checkpoint.save(settings.out, training, fixed, test_mse)
        mean_mse = training.mean_mse()
    return _report(settings, training, test_mse, mean_mse) if world.rank == 0 else 0


def _show_epochs(epochs: int, training: Training | RankerTraining, unit: str, here: bool) -> tqdm:
    """Make the bar of a training: of the process that is `here`, and on a terminal alone."""
    done, hidden = len(training.history), None if here else True  # None: unless it is a terminal
    size = training.size
    bar = tqdm(total=epochs * size, initial=done * size, unit=unit, unit_scale=True, disable=hidden)
    training.progress = bar.update
    return bar


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


def _train_ranker(settings: TrainSettings) -> int:
    """Train what ranks. A run that is done is left alone."""
    epochs, state = settings.epochs or 1, checkpoint.load(settings.out)
    with join() as world:
        if world.size > 1:
            raise UsageError(f"--model: {settings.model}은(는) torchrun 없이 혼자 학습합니다.")
        blocks = open_blocks(settings, world)
    fixed = settings.fixed(1) | {"data": describe(blocks)}
    if state:
        refuse_changes(settings.out, state["settings"], fixed)
    if state and len(state["history"]) >= epochs:
        print("이미 다 된 학습이라 새로 한 것은 없습니다.")
    else:
        print("평점 읽기...", file=sys.stderr, flush=True)
        training = RankerTraining(blocks, vars(settings))
        if state:
            checkpoint.resume(training, state)
        with _show_epochs(epochs, training, "행", True) as bar:
            while len(training.history) < epochs:
                ndcg = training.epoch().validation_ndcg
                checkpoint.save(settings.out, training, fixed)
                bar.set_postfix_str(f"검증 NDCG@10 {ndcg:.4f}")
        state = training.state()
    history, best = state["history"], state["best"][0]
    print(
        f"✓ 에폭 {len(history)}까지 했습니다.\n"
        f"  검증 NDCG@10이 가장 높은 에폭 {best}의 모델을 남깁니다: {history[best - 1][0]:.4f}\n"
        f"  폴더: {settings.out}\n"
        f"  테스트 데이터에서 재려면: {PROGRAM} evaluate --run {settings.out}"
        + (f" --data {settings.data}" if blocks.folder == settings.data.absolute() else "")
    )
    return 0


RUN = {
    PrepareSettings: prepare_folder,
    TrainSettings: train,
    EvaluateSettings: evaluate,
    RecommendSettings: recommend,
}
