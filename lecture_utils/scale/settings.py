"""The options of the command line, read once into settings that never change."""

import argparse
import difflib
import math
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import ClassVar

import torch

from lecture_utils.scale.blocks import ABOUT

PROGRAM = "python -m lecture_utils"
TEST = 0.1  # of the ratings


@dataclass(frozen=True)
class PrepareSettings:
    """What `prepare` was asked to do."""

    about: ClassVar[str] = "평점을 블록으로 나눠 둡니다. 여러 번 학습할 데이터라면 먼저 하세요."
    data: Path
    out: Path
    test: float | None = None
    seed: int = 0


@dataclass(frozen=True)
class TrainSettings(PrepareSettings):
    """What `train` was asked to do."""

    about: ClassVar[str] = "평점을 학습해 RUN 폴더에 남깁니다. 같은 명령을 다시 주면 이어서 합니다."
    validation: int = 1
    model: str = "mf"
    rank: int = 10
    epochs: int = 20
    lr: float = 0.05
    ridge: float = 10.0
    ridge_bias: float = 5.0
    full_batch: bool = False
    stream: bool = False
    device: str = "cpu"

    def fixed(self, processes: int) -> dict:
        """Pick what a run cannot change half-way. Its learning rate and number of epochs it can."""
        names = ("model", "rank", "ridge", "ridge_bias", "full_batch", "seed", "validation")
        picked = {name: getattr(self, name) for name in names}
        # A step takes a block per process, or else all of them.
        return picked if self.full_batch else picked | {"processes": processes}


@dataclass(frozen=True)
class RecommendSettings:
    """What `recommend` was asked to do."""

    about: ClassVar[str] = "학습한 RUN에서 한 사용자에게 추천할 영화를 고릅니다."
    run: Path
    user: int
    data: Path | None = None
    n: int = 10


Settings = PrepareSettings | TrainSettings | RecommendSettings
COMMANDS = {"train": TrainSettings, "prepare": PrepareSettings, "recommend": RecommendSettings}


class UsageError(ValueError):
    """One Korean sentence that names the option and says what to give instead."""


def parse(arguments: list[str]) -> Settings:
    """Read the words behind `python -m lecture_utils`.

    Raises:
        UsageError: A command or an option is unknown, missing, or of a value that cannot be.
        SystemExit: Help was asked for, and printed.
    """
    command, *words = arguments or [""]
    if command not in COMMANDS:
        raise UsageError(f"{command!r}: 그런 명령은 없으니 {_suggest(command, COMMANDS)}.")
    kind = COMMANDS[command]
    names = {f"--{field.name.replace('_', '-')}": field for field in fields(kind)}
    try:
        found, rest = _build_parser(command, kind, names).parse_known_args(words)
    except argparse.ArgumentError as error:
        flag = names[error.argument_name].type is bool
        wrong = "값 없이 이름만 주세요" if flag else error.message
        raise UsageError(f"{error.argument_name}: {wrong}.") from None
    if rest:
        raise UsageError(f"{rest[0]!r}: 그런 옵션은 없으니 {_suggest(rest[0], names)}.")
    for name, field in names.items():
        if field.default is MISSING and field.name not in found:
            raise UsageError(f"{name}: 빠뜨릴 수 없으니 값을 주세요({HELP[field.name]}).")
    settings = kind(**vars(found))
    if isinstance(settings, PrepareSettings):
        _check_folders(settings)
    return settings


def _suggest(word: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(word.partition("=")[0], known, 1)
    return f"{near[0]}인지 확인하세요" if near else f"{', '.join(known)} 가운데에서 고르세요"


def _build_parser(command: str, kind: type, names: dict[str, Field]) -> argparse.ArgumentParser:
    """Build a parser that leaves to `parse` what argparse would say in English."""
    parser = argparse.ArgumentParser(
        f"{PROGRAM} {command}", description=kind.about, argument_default=argparse.SUPPRESS,
        add_help=False, allow_abbrev=False, exit_on_error=False,
    )  # fmt: skip
    group = parser.add_argument_group("옵션")
    group.add_argument("-h", "--help", action="help", help="이 도움말을 봅니다")
    for name, field in names.items():
        words = HELP[field.name]
        if field.type is bool:
            group.add_argument(name, action="store_true", help=words)
            continue
        if field.default not in (MISSING, None):
            words += f" ({field.default})"
        read = READ[field.name]
        group.add_argument(name, type=read, nargs="?", const="", metavar="값", help=words)
    return parser


def _refuse(text: str, wanted: str) -> argparse.ArgumentTypeError:
    shown = repr(text if len(text) <= 40 else f"{text[:40]}...")
    return argparse.ArgumentTypeError(f"{shown} 대신 {wanted}" if text else f"값이 없으니 {wanted}")


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or not low <= number <= high:
            raise _refuse(text, f"{low}에서 {high}까지의 정수를 주세요")
        return number

    return read


def _real(fine: Callable[[float], bool], words: str) -> Callable[[str], float]:
    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = math.nan
        if not (math.isfinite(number) and fine(number)):
            raise _refuse(text, f"{words} 주세요")
        return number

    return read


def _choice(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in choices:
            raise _refuse(text, f"{' 또는 '.join(choices)}를 주세요")
        return text

    return read


def _device(text: str) -> str:
    device = _choice("cpu", "cuda")(text)
    if device == "cuda" and not torch.cuda.is_available():
        raise _refuse(text, "cpu를 주세요(PyTorch가 GPU를 찾지 못했습니다)")
    return device


def _folder(text: str) -> Path:
    """Accept what is a folder, or could become one."""
    if not text:
        raise _refuse(text, "폴더를 주세요")
    try:
        path = Path(text).expanduser()
        there = next(one for one in (path, *path.parents) if one.exists())
    except RuntimeError:
        raise _refuse(text, "홈을 찾을 수 있는 이름이나 './~...' 꼴을 주세요") from None
    except OSError as error:
        raise _refuse(text, f"쓸 수 있는 이름을 주세요({error.strerror})") from None
    if not there.is_dir():
        raise _refuse(text, f"폴더를 주세요({str(there)!r}: 파일입니다)")
    return path


def _data(text: str) -> Path:
    path = _folder(text)
    if not path.exists():
        raise _refuse(text, "있는 폴더를 주세요(그런 폴더가 없습니다)")
    return path


def _check_folders(settings: PrepareSettings) -> None:
    """Refuse an --out that would mix a run with ratings, or write over what is there."""
    out = settings.out
    if out.resolve() == settings.data.resolve():
        raise UsageError(f"--out: --data와 같은 {str(out)!r} 대신 다른 폴더를 주세요.")
    if not isinstance(settings, TrainSettings) and out.exists():
        raise UsageError(f"--out: 이미 있는 {str(out)!r} 대신 새 폴더를 주거나 그것을 지우세요.")
    if (out / ABOUT).exists():
        raise UsageError(f"--out: prepare한 폴더인 {str(out)!r} 대신 다른 폴더를 주세요.")


READ = {
    "data": _data,
    "out": _folder,
    "run": _data,
    "test": _real(lambda number: 0 < number < 1, "0보다 크고 1보다 작은 수를"),
    "validation": _whole(1, 10**6),
    "seed": _whole(0, 2**32 - 1),
    "model": _choice("mf", "mf-plain"),
    "rank": _whole(1, 10_000),
    "epochs": _whole(1, 10**9),
    "lr": _real(lambda number: number > 0, "0보다 큰 수를"),
    "ridge": _real(lambda number: 0 <= number <= 1e9, "0에서 10억까지의 수를"),
    "ridge_bias": _real(lambda number: 0 <= number <= 1e9, "0에서 10억까지의 수를"),
    "device": _device,
    "user": _whole(1, 2**31 - 1),
    "n": _whole(1, 10**6),
}
HELP = {
    "data": "MovieLens 폴더, 또는 prepare한 폴더",
    "out": "결과를 둘 폴더",
    "run": "학습한 결과가 있는 폴더",
    "test": f"테스트 데이터로 뗄 비율 ({TEST})",
    "validation": "검증에 쓸 훈련 데이터의 블록 수, 적어도 여덟 개 가운데",
    "seed": "시드",
    "model": "mf는 편향이 있는 모델, mf-plain은 없는 모델",
    "rank": "잠재 요인 벡터의 길이",
    "epochs": "에폭 수",
    "lr": "학습률",
    "ridge": "벡터의 제곱에 매기는 벌금, 오차 제곱의 합에 더합니다",
    "ridge_bias": "편향의 제곱에 매기는 벌금",
    "full_batch": "한 에폭에 한 걸음, 모든 평점으로",
    "stream": "블록을 메모리에 두지 않고 에폭마다 다시 읽습니다",
    "device": "cpu 또는 cuda",
    "user": "사용자 번호",
    "n": "영화 수",
}
