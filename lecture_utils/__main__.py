"""python -m lecture_utils: the diagnosis on one screen, and the way to the commands of scale/.

Exit status 1 if something is wrong; with --need-movielens also if MovieLens is not here and
cannot be downloaded; 2 for an argument that is not known.
"""

import platform
import sys

from lecture_utils.colab import in_colab
from lecture_utils.diagnosis import check_all

NEED = "--need-movielens"
HELP = f"""\
python -m lecture_utils              설치, 데이터, 글꼴을 진단하고 고칠 명령을 알려 줍니다
    {NEED}                MovieLens가 없으면 내려받고, 안 되면 1로 끝냅니다
python -m lecture_utils train        평점을 학습합니다. 더 보려면 train --help
python -m lecture_utils prepare      평점을 블록으로 나눠 둡니다. 더 보려면 prepare --help
python -m lecture_utils evaluate     추천 목록을 테스트 데이터에서 잽니다. 더 보려면 evaluate --help
python -m lecture_utils recommend    영화를 추천합니다. 더 보려면 recommend --help"""


def run_scale(arguments: list[str]) -> int:
    """Run a command of lecture 14."""
    try:
        from lecture_utils.scale import cli
    except ModuleNotFoundError as error:
        print(f"✗ {error.name} 없음\n    고치려면: pip install {error.name}", file=sys.stderr)
        return 1
    return cli.main(arguments)


def main(arguments: list[str] | None = None) -> int:
    """Run a command, or without one the diagnosis, and return the exit status."""
    arguments = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Korean Windows (cp949) cannot print ✓
            stream.reconfigure(errors="replace")
    if arguments and not arguments[0].startswith("-"):
        return run_scale(arguments)
    if {"-h", "--help"} & {*arguments}:
        print(HELP)
        return 0
    if unknown := [argument for argument in arguments if argument != NEED]:
        print(f"✗ {unknown[0]}: 그런 옵션은 없습니다.\n{HELP}", file=sys.stderr)
        return 2
    python = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    print(python + (", Google Colab" if in_colab() else ""))
    findings = check_all(NEED in arguments)
    for fine, found, remedy in findings:
        print(f"{'✓' if fine else '✗'} {found}" + f"\n    고치려면: {remedy}" * (not fine))
    return 0 if all(finding.fine for finding in findings) else 1


if __name__ == "__main__":
    sys.exit(main())
