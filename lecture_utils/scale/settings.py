"""The options of the command line, read once into settings that never change."""

import argparse
import difflib
import math
from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, dataclass, fields
from pathlib import Path
from typing import Annotated, Any, ClassVar

from lecture_utils.scale.blocks import ABOUT
from lecture_utils.scale.prepare import TEST

PROGRAM = "python -m lecture_utils"


def _refuse(text: str, wanted: str) -> argparse.ArgumentTypeError:
    shown = repr(text if len(text) <= 40 else f"{text[:40]}...")
    return argparse.ArgumentTypeError(f"{shown} 대신 {wanted}" if text else f"값이 없으니 {wanted}")


def _reader(kind: type, fine: Callable[[Any], bool], wanted: str) -> Callable[[str], Any]:
    """Build a reader that refuses what is not `fine`, which NaN must not be."""

    def read(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not fine(value):
            raise _refuse(text, f"{wanted} 주세요")
        return value

    return read


def _whole(low: int, high: int) -> Callable[[str], int]:
    return _reader(int, lambda number: low <= number <= high, f"{low}에서 {high}까지의 정수를")


def _choice(*choices: str) -> Callable[[str], str]:
    return _reader(str, choices.__contains__, f"{' 또는 '.join(choices)}를")


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


_positive = _reader(float, lambda number: 0 < number < math.inf, "0보다 큰 수를")
_share = _reader(float, lambda number: 0 < number < 1, "0보다 크고 1보다 작은 수를")
_penalty = _reader(float, lambda number: 0 <= number <= 1e9, "0에서 10억까지의 수를")

# Each option below: its type, how its text is read (a flag has none), what --help says of it.


@dataclass(frozen=True)
class PrepareSettings:
    """The options of `prepare`."""

    about: ClassVar[str] = "평점을 블록으로 나눠 둡니다. 여러 번 학습할 데이터라면 먼저 하세요."
    data: Annotated[Path, _data, "MovieLens 폴더, 또는 prepare한 폴더"]
    out: Annotated[Path, _folder, "결과를 둘 폴더"]
    test: Annotated[float | None, _share, f"테스트 데이터로 뗄 비율 ({TEST})"] = None
    seed: Annotated[int, _whole(0, 2**32 - 1), "시드"] = 0


@dataclass(frozen=True)
class TrainSettings(PrepareSettings):
    """The options of `train`."""

    about: ClassVar[str] = "평점을 학습해 RUN 폴더에 남깁니다. 같은 명령을 다시 주면 이어서 합니다."
    validation: Annotated[int, _whole(1, 10**6), "검증에 쓸 블록 수, 적어도 여덟 개 가운데"] = 1
    model: Annotated[str, _choice("mf", "mf-plain"), "mf, 또는 편향이 없는 mf-plain"] = "mf"
    rank: Annotated[int, _whole(1, 10_000), "잠재 요인 벡터의 길이"] = 10
    epochs: Annotated[int, _whole(1, 10**9), "에폭 수"] = 20
    lr: Annotated[float, _positive, "학습률"] = 0.05
    ridge: Annotated[float, _penalty, "벡터의 제곱에 매기는 벌금, 오차 제곱의 합에 더합니다"] = 10.0
    ridge_bias: Annotated[float, _penalty, "편향의 제곱에 매기는 벌금"] = 5.0
    full_batch: Annotated[bool, None, "한 에폭에 한 걸음, 모든 평점으로"] = False
    stream: Annotated[bool, None, "블록을 메모리에 두지 않고 에폭마다 다시 읽습니다"] = False
    device: Annotated[str, _choice("cpu", "cuda"), "cpu 또는 cuda"] = "cpu"

    def fixed(self, processes: int) -> dict:
        """Pick what a run cannot change half-way. Its learning rate and number of epochs it can."""
        names = ("model", "rank", "ridge", "ridge_bias", "full_batch", "seed", "validation")
        picked = {name: getattr(self, name) for name in names}
        # A step takes a block per process, or else all of them.
        return picked if self.full_batch else picked | {"processes": processes}


@dataclass(frozen=True)
class RecommendSettings:
    """The options of `recommend`."""

    about: ClassVar[str] = "학습한 RUN에서 한 사용자에게 추천할 영화를 고릅니다."
    run: Annotated[Path, _data, "학습한 결과가 있는 폴더"]
    user: Annotated[int, _whole(1, 2**31 - 1), "사용자 번호"]
    data: Annotated[Path | None, _data, "학습할 때 쓴 prepare한 폴더"] = None
    n: Annotated[int, _whole(1, 10**6), "영화 수"] = 10


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
        flag = names[error.argument_name].type.__origin__ is bool
        wrong = "값 없이 이름만 주세요" if flag else error.message
        raise UsageError(f"{error.argument_name}: {wrong}.") from None
    if rest:
        raise UsageError(f"{rest[0]!r}: 그런 옵션은 없으니 {_suggest(rest[0], names)}.")
    for name, field in names.items():
        if field.default is MISSING and field.name not in found:
            raise UsageError(f"{name}: 빠뜨릴 수 없으니 값을 주세요({field.type.__metadata__[1]}).")
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
        read, words = field.type.__metadata__
        if field.type.__origin__ is bool:
            group.add_argument(name, action="store_true", help=words)
            continue
        if field.default not in (MISSING, None):
            words += f" ({field.default})"
        group.add_argument(name, type=read, nargs="?", const="", metavar="값", help=words)
    return parser


def _check_folders(settings: PrepareSettings) -> None:
    """Refuse an --out that would mix a run with ratings, or ratings with others."""
    out = settings.out
    if out.resolve() == settings.data.resolve():
        raise UsageError(f"--out: --data와 같은 {str(out)!r} 대신 다른 폴더를 주세요.")
    if (out / ABOUT).exists():
        raise UsageError(f"--out: prepare한 폴더인 {str(out)!r} 대신 다른 폴더를 주세요.")
