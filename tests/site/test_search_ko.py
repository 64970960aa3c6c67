"""book/_static/search_ko.js: what a text and a query are cut into, and when a slip is one."""

from unicodedata import normalize

import pytest

from .search import call

SPLIT = "text => KoreanWords.split(text).map(part => part.word)"
UNITS = "text => KoreanWords.split(text).flatMap(KoreanWords.units)"
SLIP = "(typed, meant) => KoreanWords.isSlip(typed, meant)"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("임베딩을", "임베딩"),
        ("사용자의 평점이라는", "사용자 평점"),
        ("모델에서는", "모델"),
        ("사용자들에게는", "사용자"),
        ("행렬로부터 행렬으로", "행렬 행렬"),
        ("정규화합니다", "정규화"),
        ("값을 값에서", "값 값"),
        ("사용자도", "사용자"),
        ("임베딩이므로 벡터므로", "임베딩 벡터"),
        ("행렬이며 행렬인데 벡터이다", "행렬 행렬 벡터"),
        ("과적합이면 모델이라면 벡터라면", "과적합 모델 벡터"),
        ("사용자별 사용자별로", "사용자 사용자"),
        # No particle, though it looks like one.
        ("평가 사과 차이 강의 길이 경로", "평가 사과 차이 강의 길이 경로"),
        ("특별 요인 잠재요인 화면 다이다", "특별 요인 잠재요인 화면 다이다"),
        ("정확도 유사도", "정확도 유사도"),
        ("마을 가을", "마을 가을"),
        # A particle alone is a word; behind another script it is none.
        ("의", "의"),
        ("MSE가 PyTorch로 λ는 zero_grad()를", "MSE PyTorch lambda zero_grad"),
        ("3강", "3 강"),
        ("lr=0.05, rank=10", "lr 0.05 rank 10"),
        (normalize("NFD", "행렬"), "행렬"),  # as macOS writes file names
        ("…, 。 ! _", ""),
    ],
)
def test_a_text_is_cut_into_words(text: str, words: str) -> None:
    assert " ".join(call(SPLIT, text)) == words


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("임베딩은", "임베 베딩"),
        ("값", "값"),
        ("optimizer.zero_grad()", "optimizer zero_grad zero grad"),
        ("MSELoss", "mseloss mse loss"),
        ("MatrixFactorization", "matrixfactorization matrix factorization"),
        ("__init__", "init"),
        ("9×8", "9x8"),
        ("2.13.0", "2.13.0 2 13 0"),
    ],
)
def test_a_word_is_looked_up_by_its_units(text: str, units: str) -> None:
    assert " ".join(call(UNITS, text)) == units


@pytest.mark.parametrize(
    ("typed", "meant", "slip"),
    [
        ("임베덩", "임베딩", True),  # a vowel
        ("잉베딩", "임베딩", True),  # a final
        ("임베디", "임베딩", True),  # left out
        ("임벧딩", "임베딩", True),  # one too many
        ("정귀화", "정규화", True),
        ("adm", "adam", True),
        ("adaam", "adam", True),
        ("임베딩", "임베딩", True),
        ("최제소곱", "최소제곱", True),  # neighbours in each other's place
        ("amda", "adam", False),
        ("인배딩", "임베딩", False),  # two
        ("행렬", "벡터", False),
        ("베딩", "임베딩", False),
    ],
)
def test_one_letter_one_jamo_or_a_swap_is_a_slip(typed: str, meant: str, slip: bool) -> None:
    assert call(SLIP, typed, meant) is slip
