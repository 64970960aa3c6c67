"""The options of the command line, read once into settings that never change."""

import argparse
import difflib
from collections.abc import Iterable
from dataclasses import MISSING, Field, dataclass, fields
from inspect import signature
from pathlib import Path
from typing import Annotated, Any, ClassVar

from lecture_utils.methods import METHODS
from lecture_utils.scale.blocks import ABOUT
from lecture_utils.scale.measure import USERS
from lecture_utils.scale.options import (
    choice,
    dropped,
    file,
    folder,
    new_folder,
    penalty,
    positive,
    share,
    whole,
)
from lecture_utils.scale.prepare import TEST

PROGRAM = "python -m lecture_utils"


def _registered(name: str, *options: str, **more: Any) -> dict[str, Any]:
    """Take the defaults of these options from a method's entry in the registry."""
    method = METHODS[name]
    defaults = {key: p.default for key, p in signature(method.function).parameters.items()}
    known = defaults | dict(method.settings) | {"epochs": method.steps}
    return {option: known[option] for option in options} | more


ERRORS = {
    "rank": 10, "epochs": 20, "lr": 0.05, "ridge": 10.0, "ridge_bias": 5.0,
    "full_batch": False, "stream": False, "device": "cpu",
}  # fmt: skip
# The models, the options that each takes beside those of all, and the defaults of these.
MODELS = {
    "mf": ERRORS,
    "mf-plain": ERRORS,
    "ease": _registered("ease", "ridge", "drop", items=None, memory=None),
    "ials": _registered("ials", "rank", "epochs", "ridge", "alpha"),
    "softmax": _registered("softmax-mf", "rank", "epochs", "lr", "ridge", "drop", batch=None),
}
ABOUT_MODELS = "별점을 맞히는 mf, 편향이 없는 mf-plain, 순위를 매기는 ease, ials, softmax"
CHANGEABLE = {"epochs", "lr", "stream", "device", "memory"}  # half-way through a run

# Each option below: its type, how its text is read (a flag has none), what --help says of it.


@dataclass(frozen=True)
class PrepareSettings:
    """The options of `prepare`."""

    about: ClassVar[str] = "평점을 블록으로 나눠 둡니다. 여러 번 학습할 데이터라면 먼저 하세요."
    data: Annotated[Path, folder, "MovieLens 폴더, 또는 prepare한 폴더"]
    out: Annotated[Path, new_folder, "결과를 둘 폴더"]
    test: Annotated[float | None, share, f"테스트 데이터로 뗄 비율 ({TEST})"] = None
    seed: Annotated[int, whole(0, 2**32 - 1), "시드"] = 0


@dataclass(frozen=True)
class TrainSettings(PrepareSettings):
    """The options of `train`."""

    about: ClassVar[str] = "평점을 학습해 RUN 폴더에 남깁니다. 같은 명령을 다시 주면 이어서 합니다."
    validation: Annotated[int, whole(1, 10**6), "검증에 쓸 블록 수, 적어도 여덟 개 가운데"] = 1
    model: Annotated[str, choice(*MODELS), ABOUT_MODELS] = "mf"
    rank: Annotated[int | None, whole(1, 10_000), "잠재 요인 벡터의 길이"] = None
    epochs: Annotated[int | None, whole(1, 10**9), "에폭 수"] = None
    lr: Annotated[float | None, positive, "학습률"] = None
    ridge: Annotated[float | None, penalty, "벡터나 가중치의 제곱에 매기는 벌금"] = None
    ridge_bias: Annotated[float | None, penalty, "편향의 제곱에 매기는 벌금"] = None
    alpha: Annotated[float | None, positive, "보지 않은 것까지 모든 쌍의 무게"] = None
    drop: Annotated[float | None, dropped, "드롭아웃으로 가리는 몫"] = None
    batch: Annotated[int | None, whole(1, 10**6), "한 걸음의 사용자 수, 없으면 알아서"] = None
    items: Annotated[int | None, whole(1, 10**6), "많이 본 영화 가운데 서로 견줄 수"] = None
    memory: Annotated[float | None, positive, "표 세 벌에 쓸 GB, 없으면 남은 것의 5분의 4"] = None
    full_batch: Annotated[bool, None, "한 에폭에 한 걸음, 모든 평점으로"] = False
    stream: Annotated[bool, None, "블록을 메모리에 두지 않고 에폭마다 다시 읽습니다"] = False
    device: Annotated[str | None, choice("cpu", "cuda"), "cpu 또는 cuda"] = None

    def __post_init__(self):
        """Fill in the defaults of the model."""
        for name, value in MODELS[self.model].items():
            if getattr(self, name) is None:
                object.__setattr__(self, name, value)

    def fixed(self, processes: int) -> dict:
        """Pick what a run cannot change half-way. Its learning rate and number of epochs it can."""
        names = {"model", "seed", "validation", *MODELS[self.model]} - CHANGEABLE
        picked = {"model": self.model} | {name: getattr(self, name) for name in sorted(names)}
        # A step of descent takes a block per process, or else all of them.
        alone = self.full_batch or "full_batch" not in names
        return picked if alone else picked | {"processes": processes}


@dataclass(frozen=True)
class RecommendSettings:
    """The options of `recommend`."""

    about: ClassVar[str] = "학습한 RUN에서 한 사용자에게 추천할 영화를 고릅니다."
    run: Annotated[Path, folder, "학습한 결과가 있는 폴더"]
    user: Annotated[int | None, whole(1, 2**31 - 1), "사용자 번호"] = None
    ratings: Annotated[Path | None, file, "새 사람의 평점, 머리줄이 movieId,rating인 CSV"] = None
    data: Annotated[Path | None, folder, "학습할 때 쓴 prepare한 폴더"] = None
    n: Annotated[int, whole(1, 10**6), "영화 수"] = 10


@dataclass(frozen=True)
class EvaluateSettings:
    """The options of `evaluate`."""

    about: ClassVar[str] = "학습한 RUN이 테스트 데이터에서 얼마나 잘 추천하는지 잽니다."
    run: Annotated[Path, folder, "학습한 결과가 있는 폴더"]
    data: Annotated[Path | None, folder, "학습할 때 쓴 prepare한 폴더"] = None
    users: Annotated[int, whole(2, 10**9), "목록을 재어 볼 사용자 수"] = USERS


Settings = PrepareSettings | TrainSettings | RecommendSettings | EvaluateSettings
COMMANDS = {
    "train": TrainSettings,
    "prepare": PrepareSettings,
    "evaluate": EvaluateSettings,
    "recommend": RecommendSettings,
}


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
    if isinstance(settings, TrainSettings):
        _check_model(settings, vars(found))
    if isinstance(settings, RecommendSettings) and (not settings.user) == (not settings.ratings):
        raise UsageError("--user: 사용자 번호와 --ratings의 파일 가운데 하나만 주세요.")
    return settings


def _check_model(settings: TrainSettings, given: Iterable[str]) -> None:
    """Refuse options that the model does not take, and a ridge that it cannot do without."""
    own = MODELS[settings.model]
    for name in given:
        owners = [model for model, options in MODELS.items() if name in options]
        if owners and name not in own:
            raise UsageError(
                f"--{name.replace('_', '-')}: {settings.model}에는 없는 옵션이니 빼거나, "
                f"모델을 바꾸세요(--model {' 또는 '.join(owners)})."
            )
    if settings.model in ("ease", "ials") and not settings.ridge:
        raise UsageError("--ridge: 0 대신 0보다 큰 수를 주세요.")


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
        words += _list_defaults(field.name) if kind is TrainSettings else ""
        group.add_argument(name, type=read, nargs="?", const="", metavar="값", help=words)
    return parser


def _list_defaults(name: str) -> str:
    """List the models that take an option, and its default where there is one."""
    models = {model: own for model, own in MODELS.items() if model != "mf-plain"}  # as mf
    found = {model: own[name] for model, own in models.items() if name in own}
    told = (model if value is None else f"{model} {value}" for model, value in found.items())
    return f" ({', '.join(told)})" if found else ""


def _check_folders(settings: PrepareSettings) -> None:
    """Refuse an --out that would mix a run with ratings, or ratings with others."""
    out = settings.out
    if out.resolve() == settings.data.resolve():
        raise UsageError(f"--out: --data와 같은 {str(out)!r} 대신 다른 폴더를 주세요.")
    if (out / ABOUT).exists():
        raise UsageError(f"--out: prepare한 폴더인 {str(out)!r} 대신 다른 폴더를 주세요.")
