"""Spark's ALS finds what was planted, and the minimum that our own ALS finds."""

import shutil
from itertools import islice

import pytest
import torch

from lecture_utils.data import Tensors
from lecture_utils.methods.als import als
from tests.examples import NOISE, fragment, planted, spread, whole

pytest.importorskip("pyspark", reason="no pyspark here: tests/examples/requirements.txt")
if not shutil.which("java"):
    pytest.skip("Spark needs Java 17 or later, and there is no java", allow_module_level=True)

from examples import spark_als

RANK, RIDGE, SWEEPS = 5, 0.01, 20  # 3 planted factors, and 2 for the biases
pytestmark = [  # pyspark's own faults are not ours
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas"),
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
]


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    return planted(tmp_path_factory.mktemp("spark") / "ratings")


@pytest.fixture(scope="module")
def spark():
    with spark_als.session("local[2]", "1g") as session:
        yield session


@pytest.fixture(scope="module")
def fitted(spark, blocks):
    return spark_als.fit(spark, blocks, RANK, SWEEPS, RIDGE)


def test_it_finds_what_was_planted(spark, blocks, fitted):
    rmse = fitted.rmse(spark_als.read(spark, blocks, "test"))
    assert NOISE < rmse < 0.5 * spread(blocks) ** 0.5


def test_it_ends_where_our_own_als_ends(spark, blocks, fitted):
    """The same objective: `power=1`, and biases so dear that they stay 0, for Spark has none. Start
    and order of the rows differ, so the factors do: they can be rotated, what they predict cannot.
    """
    train = Tensors(*whole(blocks.read(number)[:3] for number in range(len(blocks))))
    settings = {"rank": RANK, "ridge": RIDGE, "ridge_bias": 1e9, "power": 1.0}
    torch.manual_seed(0)
    models = als(train, (blocks.num_users, blocks.num_items), **settings)
    model = next(islice(models, SWEEPS - 1, None))
    users, items, ratings = whole(blocks.read_test())
    ours = (model(users, items) - ratings).square().mean().sqrt().item()
    theirs = fitted.rmse(spark_als.read(spark, blocks, "test"))
    assert theirs == pytest.approx(ours, abs=0.01)


def test_unknown_users_get_the_mean(spark, blocks, fitted):
    pairs = [(10**6, 0), (0, 10**6)]
    new = spark.createDataFrame(pairs, "user int, movie int")
    predicted = [row["predicted"] for row in fitted.predict(new).collect()]
    assert predicted == pytest.approx([blocks.mean] * 2)


def test_every_rating_is_read(spark, blocks):
    assert spark_als.read(spark, blocks, "train-*").count() == sum(blocks.sizes)


def test_the_fragment_of_lecture_14_runs(spark):
    exec(fragment("pyspark"), {})


@pytest.mark.parametrize("bad", ["folder", "cluster"])
def test_a_mistake_is_told_before_a_jvm_starts(monkeypatch, capsys, tmp_path, blocks, bad):
    def refuse(*_):
        raise AssertionError("Spark was asked")

    monkeypatch.setattr(spark_als.SparkSession.Builder, "getOrCreate", refuse)
    cluster = [str(blocks.folder), "--master", "spark://nowhere:7077"]
    arguments = [str(tmp_path / "empty")] if bad == "folder" else cluster
    assert spark_als.main(arguments) == 1
    message = {"folder": "prepare한 폴더를", "cluster": "--checkpoints: "}[bad]
    assert message in capsys.readouterr().err


def test_the_command_line(capsys, blocks):
    """Last: it ends the session that the other tests share."""
    arguments = ["--rank", "5", "--ridge", "0.01", "--memory", "1g"]
    assert spark_als.main([str(blocks.folder), *arguments]) == 0
    assert "테스트 RMSE 0.3" in capsys.readouterr().out
