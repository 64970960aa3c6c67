"""Train factors that no machine can hold alone: TorchRec leaves some rows in each process.

    python -m examples.torchrec_mf FOLDER
    torchrun --nproc-per-node 2 -m examples.torchrec_mf FOLDER --device cuda

`train.py` copies the model to every process and shares out the ratings. Here the tables are shared
out as well: ids travel to the process that has their rows, the rows travel back, and gradients go
where the rows are, for there is the optimizer (Ivchenko et al. 2022, TorchRec: a PyTorch Domain
Library for Recommendation Systems).

It minimises, over all ratings, the mean of (r - mean - b_x - b_i - q_x p_i)^2 plus `ridge` times
the squares of both rows: what `spark_als` minimises, and biases. Needs torchrec, and fbgemm-gpu-cpu
or, for a GPU, fbgemm-gpu.
"""

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import NamedTuple

import torch
import torch.distributed as dist
import torch.nn.functional as F
from fbgemm_gpu.split_embedding_configs import EmbOptimType
from torch import Tensor, nn
from torchrec import EmbeddingCollection, EmbeddingConfig, KeyedJaggedTensor
from torchrec.distributed import DistributedModelParallel
from torchrec.distributed.embedding import EmbeddingCollectionSharder
from torchrec.distributed.planner import EmbeddingShardingPlanner, ParameterConstraints
from torchrec.distributed.planner.storage_reservations import FixedPercentageStorageReservation
from torchrec.distributed.planner.types import KernelConfig, TopologyFactory, TrainerConfig

from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.world import World, join

# Users are many: each process has some of their rows. The movies' table lies whole in one process,
# which spares looking up who has which row. "fused" applies the optimizer within the backward pass,
# so that no gradient as large as a table ever exists; on a GPU, "fused_uvm_caching" would leave the
# rows in the computer's memory and only those in use on the GPU.
PLACES = {
    "user": ParameterConstraints(sharding_types=["row_wise"], compute_kernels=["fused"]),
    "movie": ParameterConstraints(sharding_types=["table_wise"], compute_kernels=["fused"]),
}


class Factorization(nn.Module):
    """Rows of `rank` factors and, last, the bias. The tables have no memory yet: "meta"."""

    def __init__(self, num_users: int, num_items: int, mean: float, rank: int = 15):
        """Describe the tables. Raises ValueError for a rank that FBGEMM does not take."""
        super().__init__()
        if (rank + 1) % 4:
            raise ValueError(f"--rank: {rank} 대신 1을 더하면 4의 배수인 수를 주세요.")
        self.mean = mean
        tables = [
            EmbeddingConfig(
                name=name, feature_names=[name], num_embeddings=size, embedding_dim=rank + 1,
                init_fn=partial(nn.init.normal_, std=0.1),  # each process calls it for its rows
            )
            for name, size in zip(PLACES, (num_users, num_items))
        ]  # fmt: skip
        self.tables = EmbeddingCollection(tables=tables, device=torch.device("meta"))

    def forward(self, users: Tensor, items: Tensor) -> tuple[Tensor, Tensor]:
        """Predict ratings; return them and sums of squares of the rows used, (n,), for ids (n,)."""
        # A KeyedJaggedTensor has any number of ids per example and key, here one: lengths of 1.
        lengths = torch.ones(2 * len(users), dtype=torch.int32, device=users.device)
        ids = KeyedJaggedTensor([*PLACES], torch.cat([users, items]).long(), lengths=lengths)
        found = self.tables(ids)
        u, i = (found[name].values() for name in PLACES)  # (n, rank + 1)
        product = (u[:, :-1] * i[:, :-1]).sum(1)
        return self.mean + product + u[:, -1] + i[:, -1], (u * u + i * i).sum(1)


@contextmanager
def together(device: str = "cpu") -> Iterator[World]:
    """Join as `world.join` does, with a process group even for one process, as TorchRec asks."""
    with join(device) as world:
        if world.size == 1:
            backend = "nccl" if device == "cuda" else "gloo"
            dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)
        try:
            yield world
        finally:
            if world.size == 1:
                dist.destroy_process_group()


def shard(model: Factorization, world: World, lr: float = 0.1) -> DistributedModelParallel:
    """Place the tables as PLACES says, with memory for this process's part.

    Row-wise Adagrad keeps one number per row; Adam's two per weight would make the tables three
    times as large, and FBGEMM has no Adam for the CPU.
    """
    optimizer = {"optimizer": EmbOptimType.EXACT_ROWWISE_ADAGRAD, "learning_rate": lr}
    sharders = [EmbeddingCollectionSharder(fused_params=optimizer)]
    here = int(os.environ.get("LOCAL_WORLD_SIZE", world.size))
    topology = TopologyFactory.create_topology(
        TrainerConfig(world_size=world.size, local_world_size=here),
        kernel_config=KernelConfig(compute_device=world.device.type),
    )
    planner = EmbeddingShardingPlanner(
        topology, constraints=PLACES, debug=False,
        storage_reservation=FixedPercentageStorageReservation(0.15),  # for all but the tables
    )  # fmt: skip
    plan = planner.collective_plan(model, sharders, dist.group.WORLD)  # made by one, told to all
    return DistributedModelParallel(model, device=world.device, plan=plan, sharders=sharders)


class Share(NamedTuple):
    """This process's part of a batch of n ratings; all have equally many, (ceil(n / size),)."""

    users: Tensor
    items: Tensor
    ratings: Tensor
    counts: Tensor  # 1, or 0 for what was filled up


def share(world: World, *columns: Tensor) -> Share:
    """Take this process's part of these columns, (n,) each."""
    missing = -len(columns[0]) % world.size
    columns = (*columns, torch.ones(len(columns[0])))
    mine = (F.pad(column, (0, missing))[world.rank :: world.size] for column in columns)
    return Share(*(column.to(world.device) for column in mine))


def batches(blocks: Blocks, world: World, size: int, seed: int) -> Iterator[tuple[int, Share]]:
    """Yield (n, share) of all ratings in batches of at most `size`, in the seed's order.

    Each process reads all blocks and keeps its share, so that the number of processes changes
    nothing; with hundreds, each would read files of its own.
    """
    generator = torch.Generator().manual_seed(seed)
    for number in torch.randperm(len(blocks), generator=generator).tolist():
        block = blocks.read(number)
        for part in torch.randperm(len(block.ratings), generator=generator).split(size):
            columns = (column[part] for column in (block.users, block.items, block.ratings))
            yield len(part), share(world, *columns)


def squares(model: nn.Module, part: Share) -> tuple[Tensor, Tensor]:
    """Sum over this process's ratings: squared errors, and squares of the rows they use."""
    predicted, rows = model(part.users, part.items)
    return part.counts @ (predicted - part.ratings).square(), part.counts @ rows


def epoch(
    model: nn.Module, blocks: Blocks, world: World, *, batch: int, ridge: float, seed: int
) -> float:
    """Go through all ratings once; return the mean squared error, of each batch before its step."""
    total = 0.0
    for n, part in batches(blocks, world, batch, seed):
        errors, rows = squares(model, part)
        # TorchRec divides gradients by the number of processes, as DDP does. This is the step, too.
        ((errors + ridge * rows) * (world.size / n)).backward()
        total += errors.item()
    return world.sum(total)[0] / sum(blocks.sizes)


@torch.no_grad()
def test_mse(model: nn.Module, blocks: Blocks, world: World) -> float:
    """Measure the mean squared error on the test data. All must call it: each has rows."""
    parts = (share(world, *columns) for columns in blocks.read_test())
    sums = [(squares(model, part)[0].item(), part.counts.sum().item()) for part in parts]
    error, count = world.sum(*map(sum, zip(*sums)))
    return error / count


def main(arguments: list[str]) -> int:
    """Train and print each epoch; exit status 0, or 1 after an error."""
    parser = argparse.ArgumentParser(prog="python -m examples.torchrec_mf")
    add = parser.add_argument
    add("folder", metavar="FOLDER", help="prepare한 폴더")
    add("--rank", type=int, default=15, help="잠재 요인 벡터의 길이, 4k - 1 (%(default)s)")
    add("--epochs", type=int, default=10, help="에폭 수 (%(default)s)")
    add("--batch", type=int, default=2**14, help="한 걸음의 평점, 모두 합쳐 (%(default)s)")
    add("--lr", type=float, default=0.1, help="학습률 (%(default)s)")
    add("--ridge", type=float, default=0.05, help="정규화, 평점 하나마다 (%(default)s)")
    add("--device", choices=["cpu", "cuda"], default="cpu")
    options = parser.parse_args(arguments)
    try:
        blocks = Blocks(options.folder)
        with together(options.device) as world:
            train(blocks, world, options)
    except (ValueError, OSError) as error:
        print(f"✗ {error}", file=sys.stderr)
        return 1
    return 0


def train(blocks: Blocks, world: World, options: argparse.Namespace) -> None:
    """Train, and print the errors of each epoch."""
    torch.manual_seed(world.rank)  # each process draws its own rows
    whole = Factorization(blocks.num_users, blocks.num_items, blocks.mean, options.rank)
    model, begun = shard(whole, world, options.lr), perf_counter()
    for number in range(options.epochs):
        settings = {"batch": options.batch, "ridge": options.ridge, "seed": number}
        train_mse, tested = epoch(model, blocks, world, **settings), test_mse(model, blocks, world)
        if world.rank == 0:
            print(f"에폭 {number + 1}: 훈련 MSE {train_mse:.4f}, 테스트 MSE {tested:.4f}, ", end="")
            print(f"{perf_counter() - begun:.1f}초", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
