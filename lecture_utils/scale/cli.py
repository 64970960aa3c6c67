"""python -m lecture_utils train, and prepare: long runs from the command line.

    python -m lecture_utils train --data ml-25m --model mf --rank 64 --epochs 20 --out run
    torchrun --nproc-per-node 2 -m lecture_utils train --data ml-25m --out run

The same command again goes on where it stopped.
"""

import argparse
import math
import os
import signal
import sys
from functools import partial
from pathlib import Path

import torch
from tqdm import tqdm

from lecture_utils.scale import checkpoint, layouts
from lecture_utils.scale.blocks import ABOUT, Blocks
from lecture_utils.scale.prepare import prepare
from lecture_utils.scale.train import Training
from lecture_utils.scale.world import World, join

TEST = 0.1  # of the ratings


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(prog="python -m lecture_utils")
    commands = whole.add_subparsers(dest="command", required=True)
    for name, words in (
        ("train", "평점을 학습해 RUN 폴더에 남깁니다. 같은 명령을 다시 주면 이어서 합니다."),
        ("prepare", "평점을 블록으로 나눠 둡니다. 여러 번 학습할 데이터라면 먼저 한 번 하세요."),
    ):
        command = commands.add_parser(name, help=words, description=words)
        add = command.add_argument
        add("--data", required=True, metavar="DIR", help="MovieLens 폴더, 또는 prepare한 폴더")
        add("--out", required=True, metavar="RUN", help="결과를 둘 폴더")
        add("--test", type=float, help=f"테스트 데이터로 뗄 비율 ({TEST})")
        add("--seed", type=int, default=0, help="시드 (%(default)s)")
    add = commands.choices["train"].add_argument
    add("--model", choices=["mf", "mf-plain"], default="mf", help="편향이 있는 모델, 없는 모델")
    add("--rank", type=positive, default=10, help="잠재 요인 벡터의 길이 (%(default)s)")
    add("--epochs", type=positive, default=20, help="에폭 수 (%(default)s)")
    add("--lr", type=rate, default=0.05, help="학습률 (%(default)s)")
    add("--ridge", type=strength, default=10.0, help="7강의 ridge (%(default)s)")
    add("--full-batch", action="store_true", help="한 에폭에 한 걸음, 모든 평점으로")
    add("--stream", action="store_true", help="블록을 메모리에 두지 않고 에폭마다 다시 읽습니다")
    add("--device", choices=["cpu", "cuda"], default="cpu")
    return whole


def positive(text: str) -> int:
    number = int(text)
    if not 1 <= number < 2**31:
        raise argparse.ArgumentTypeError(f"1 이상이어야 합니다: {text}")
    return number


def rate(text: str) -> float:
    if not 0 < float(text) < math.inf:
        raise argparse.ArgumentTypeError(f"0보다 커야 합니다: {text}")
    return float(text)


def strength(text: str) -> float:
    if not 0 <= float(text) < math.inf:
        raise argparse.ArgumentTypeError(f"0 이상이어야 합니다: {text}")
    return float(text)


def main(arguments: list[str]) -> int:
    """Exit status 0; 1 after an error; 130 if it was stopped."""
    options = parser().parse_args(arguments)
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)  # what torchrun sends
    try:
        return prepared(options) if options.command == "prepare" else train(options)
    except KeyboardInterrupt:
        return _stopped(options, "멈추라는 신호를 받았습니다.", 130)
    except (ValueError, OSError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    except RuntimeError as error:
        reason = str(error).splitlines()[0]
        if isinstance(error, torch.OutOfMemoryError) or "allocate memory" in reason:
            words = "not enough memory, try a smaller --rank or --stream"
            print(f"✗ {words}: {reason}", file=sys.stderr)
            return 1
        if "WORLD_SIZE" not in os.environ:
            raise
        return _stopped(options, f"함께 학습하던 프로세스가 사라졌습니다 ({reason}).", 1)
    finally:
        signal.signal(signal.SIGTERM, before)


def prepared(options: argparse.Namespace) -> int:
    blocks = _prepare(options, Path(options.out))
    print(f"✓ 평점 {sum(blocks.sizes):,}개를 블록 {len(blocks)}개에 담았습니다: {options.out}")
    return 0


def train(options: argparse.Namespace) -> int:
    run = _run(options)
    state = checkpoint.load(run)
    with join(options.device) as world:
        blocks = _blocks(options, run, world)
        settings = _settings(options, blocks, world)
        if state:
            _refuse_others(options.out, state["settings"], settings)
        sizes = blocks.num_users, blocks.num_items, blocks.mean
        training = Training(
            checkpoint.build(settings, *sizes), blocks, world, lr=options.lr, ridge=options.ridge,
            full_batch=options.full_batch, stream=options.stream, seed=options.seed,
        )  # fmt: skip
        if state:
            checkpoint.resume(training, state)
        done = len(training.history)
        if world.sum(done)[0] != world.size * done:
            raise ValueError(
                f"{run} must be one folder for all processes: put --out on shared disk"
            )
        _epochs(options, run, training, settings)
    return 0


def _run(options: argparse.Namespace) -> Path:
    return Path(options.out).expanduser().absolute()


def _epochs(options: argparse.Namespace, run: Path, training: Training, settings: dict) -> None:
    each = sum(training.blocks.sizes)
    first = training.world.rank == 0
    total, done = options.epochs * each, len(training.history) * each
    hidden = None if first else True  # None: unless it is a terminal
    with tqdm(total=total, initial=done, unit="평점", unit_scale=True, disable=hidden) as bar:
        training.progress = bar.update
        while len(training.history) < options.epochs:
            epoch = training.epoch()
            if first:
                checkpoint.save(run, training, settings)
                bar.set_postfix_str(f"훈련 {epoch.train_mse:.4f}, 테스트 {epoch.test_mse:.4f}")
            training.world.wait()
    if first:
        epoch = training.history[-1]
        print(f"✓ 에폭 {len(training.history)}: 훈련 MSE {epoch.train_mse:.4f}, ", end="")
        print(f"테스트 MSE {epoch.test_mse:.4f} ({options.out})")


def _stopped(options: argparse.Namespace, reason: str, status: int) -> int:
    print(f"\n✗ {reason}", file=sys.stderr)
    if options.command == "train":
        words = "저장된 에폭이 아직 없습니다. 같은 명령을 다시 주면 처음부터 합니다."
        if state := checkpoint.load(_run(options)):
            words = f"에폭 {len(state['history'])}까지 {options.out}에 저장되어 있습니다. "
            words += "같은 명령을 다시 주면 이어서 합니다."
        print(words, file=sys.stderr)
    return status


def _blocks(options: argparse.Namespace, run: Path, world: World) -> Blocks:
    """Those in --data if it was prepared, or else those made of it, once, in the run's folder."""
    asked = {"fraction": options.test}
    if (Path(options.data).expanduser() / ABOUT).exists():
        run.mkdir(parents=True, exist_ok=True)
        blocks = Blocks(options.data)
    else:
        asked |= {"source": _source(layouts.find(options.data)), "seed": options.seed}
        folder = run / checkpoint.RATINGS
        if world.rank == 0 and not folder.exists():
            _prepare(options, folder)
        world.wait()
        blocks = Blocks(folder)
    for name, value in asked.items():
        if value not in (None, blocks.about.get(name)):
            found = blocks.about.get(name)
            raise ValueError(
                f"{blocks.folder} was made with {name} {found}, not {value}: choose another --out"
            )
    return blocks


def _prepare(options: argparse.Namespace, folder: Path) -> Blocks:
    layout = layouts.find(options.data)
    test = TEST if options.test is None else options.test
    note = {"source": _source(layout)}
    return prepare(partial(layouts.chunks, layout), folder, test=test, seed=options.seed, note=note)


def _source(layout: layouts.Layout) -> list:
    """To know the file again: its name and its size in bytes."""
    return [layout.path.name, layout.path.stat().st_size]


def _settings(options: argparse.Namespace, blocks: Blocks, world: World) -> dict:
    """What a run cannot change half-way. Its learning rate and number of epochs it can."""
    names = ("model", "rank", "ridge", "full_batch", "seed")
    settings = {name: getattr(options, name) for name in names}
    if not options.full_batch:  # a step takes a block per process
        settings["processes"] = world.size
    return settings | {"data": f"{sum(blocks.sizes):,} ratings, mean {blocks.mean:.6f}"}


def _refuse_others(run: str, old: dict, new: dict) -> None:
    for name, value in new.items():
        if old.get(name) != value:
            raise ValueError(
                f"{run} was begun with {name} {old.get(name)}, not {value}: "
                "give what it was begun with, or choose another --out"
            )
