"""Alternating least squares on many machines: Spark's ALS on a folder that `prepare` wrote.

    python -m examples.spark_als FOLDER --rank 10 --ridge 0.1 --master local[2]

It minimises, over all ratings, the mean of (r - mean - q_x p_i)^2 + ridge (|q_x|^2 + |p_i|^2), as
Zhou et al. (2008) do: a row with n ratings pays n times (`power=1` in `methods.als`). Spark cuts
both tables into blocks and sends to each only the rows that its ratings need.

Needs Java 17 or later and pyspark. The executors run no Python: all work is done in the JVM.
"""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import NamedTuple

from pyspark.ml.recommendation import ALS, ALSModel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from lecture_utils.scale.blocks import Blocks


def settings(local: bool, memory: str) -> dict[str, str]:
    """Choose what Spark starts with: it cannot be changed in a session that runs."""
    common = {
        # In local mode the driver does all the work; on a cluster the executors hold the ratings.
        "spark.driver.memory": memory,
        "spark.executor.memory": memory,
        # For the joins that score; ALS itself shuffles between its own blocks. The default, 200,
        # is for terabytes: here it would be 200 tasks with next to nothing to do.
        "spark.sql.shuffle.partitions": "8",
        "spark.ui.enabled": "false",  # a web server per run, on a port that may be taken
    }
    # Or Spark looks this computer's name up, and finds an address of Wi-Fi or a VPN that may go.
    home = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
    return common | home if local else common


@contextmanager
def session(
    master: str = "local[2]", memory: str = "2g", checkpoints: str | None = None
) -> Iterator[SparkSession]:
    """Start a Spark session, and stop it at the end.

    Args:
        master: "local[2]" is this computer with two threads, "spark://HOST:7077" a cluster.
        memory: Of one JVM.
        checkpoints: A folder on storage that all machines of a cluster see. The ratings must lie on
            such storage, too.

    Raises:
        ValueError: A cluster has no `checkpoints`.
    """
    local = master.startswith("local")
    if not (local or checkpoints):
        raise ValueError(f"--checkpoints: {master}에서는 모든 컴퓨터가 보는 폴더를 주세요.")
    builder = SparkSession.builder.master(master).config(map=settings(local, memory))
    with TemporaryDirectory() as scratch:
        spark = builder.getOrCreate()
        spark.sparkContext.setCheckpointDir(checkpoints or scratch)
        try:
            yield spark
        finally:
            spark.stop()


def read(spark: SparkSession, blocks: Blocks, files: str) -> DataFrame:
    """Read the columns user, movie, rating of `files` ("train-*" or "test").

    Parquet is read by column and in parallel, a row group per task at the finest, and each file of
    ours is one: with fewer files than cores some cores would wait.
    """
    found = spark.read.option("pathGlobFilter", f"{files}.parquet").parquet(str(blocks.folder))
    return found.select("user", "movie", "rating")


class Fitted(NamedTuple):
    """Predicts the mean plus the product of the factors, not clipped."""

    model: ALSModel
    mean: float

    def predict(self, ratings: DataFrame) -> DataFrame:
        """Add a column `predicted` to `ratings`. Who was never trained on gets the mean."""
        found = self.model.transform(ratings)  # left joins with both tables of factors
        known = F.nanvl(found["prediction"], F.lit(0.0))
        return found.select(*ratings.columns, (known + self.mean).alias("predicted"))

    def rmse(self, ratings: DataFrame) -> float:
        """Measure the root mean squared error, in stars."""
        error = self.predict(ratings).select(F.expr("predicted - rating").alias("e"))
        return error.agg(F.sqrt(F.avg(F.expr("e * e")))).first()[0]


def estimator(cores: int, rank: int, sweeps: int, ridge: float, seed: int) -> ALS:
    """Set up Spark's ALS."""
    return ALS(
        userCol="user", itemCol="movie", ratingCol="rest",
        rank=rank, maxIter=sweeps, seed=seed,
        regParam=ridge,  # times a row's number of ratings: more data do not ask for another ridge
        # A block is a task. Twice the cores evens out popular movies; more blocks send more copies.
        numUserBlocks=2 * cores, numItemBlocks=2 * cores,
        # Each sweep is a longer recipe for making again what a lost machine held (the lineage). A
        # checkpoint cuts it off. Where `session` sets no folder, nothing does, and after a dozen
        # sweeps the recipe overflows the stack.
        checkpointInterval=5,
        intermediateStorageLevel="MEMORY_AND_DISK",  # with too little memory slow, but no new start
        # "drop" would leave out users and movies without factors, and so the hardest ratings: the
        # RMSE would look better. "nan" keeps them, and `Fitted.predict` fills them in.
        coldStartStrategy="nan",
        nonnegative=False,  # what is below the mean needs a minus sign
    )  # fmt: skip


def fit(
    spark: SparkSession, blocks: Blocks, rank: int = 10, sweeps: int = 10, ridge: float = 0.1,
    seed: int = 0,
) -> Fitted:  # fmt: skip
    """Train on prepared blocks.

    Spark's ALS has no biases: two of its factors must learn them. The mean is subtracted, since the
    ridge draws all predictions to 0, which should be the average and not a movie of no star.
    """
    cores = spark.sparkContext.defaultParallelism
    rest = read(spark, blocks, "train-*").withColumn("rest", F.col("rating") - blocks.mean)
    return Fitted(estimator(cores, rank, sweeps, ridge, seed).fit(rest), blocks.mean)


def main(arguments: list[str]) -> int:
    """Train and score; exit status 0, or 1 after an error, said before a JVM is started."""
    parser = argparse.ArgumentParser(prog="python -m examples.spark_als")
    add = parser.add_argument
    add("folder", metavar="FOLDER", help="prepare한 폴더")
    add("--rank", type=int, default=10, help="잠재 요인 벡터의 길이 (%(default)s)")
    add("--sweeps", type=int, default=10, help="사용자와 영화를 번갈아 푸는 횟수 (%(default)s)")
    add("--ridge", type=float, default=0.1, help="정규화, 평점 하나마다 (%(default)s)")
    add("--master", default="local[2]", help="local[스레드 수], spark://HOST:7077 (%(default)s)")
    add("--memory", default="2g", help="JVM 하나의 메모리 (%(default)s)")
    add("--checkpoints", metavar="DIR", help="모든 컴퓨터가 보는 폴더, 클러스터에서만")
    options = parser.parse_args(arguments)
    try:
        blocks = Blocks(options.folder)
        with session(options.master, options.memory, options.checkpoints) as spark:
            report(spark, blocks, options)
    except (ValueError, OSError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    return 0


def report(spark: SparkSession, blocks: Blocks, options: argparse.Namespace) -> None:
    """Train, score on the test data and print both."""
    begun = perf_counter()
    fitted = fit(spark, blocks, options.rank, options.sweeps, options.ridge)
    trained = perf_counter()
    rmse = fitted.rmse(read(spark, blocks, "test"))
    print(f"✓ 테스트 RMSE {rmse:.4f} (MSE {rmse**2:.4f}), 예측은 자르지 않았습니다. ", end="")
    print(f"학습 {trained - begun:.1f}초, 채점 {perf_counter() - trained:.1f}초.")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
