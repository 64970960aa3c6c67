"""TorchRec's sharded factorization: as by hand, however many processes share it, and it learns."""

import os
import re
import socket
import subprocess
import sys
import warnings
from time import monotonic

import pytest
import torch
from torch.multiprocessing.spawn import spawn

from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.world import World
from tests.examples import NOISE, fragment, planted, spread, whole

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # fbgemm's and torchrec's own
    pytest.importorskip("torchrec", reason="no torchrec here: tests/examples/requirements.txt")
    from examples import torchrec_mf as mf

LR, RIDGE, BATCH = 0.1, 0.02, 501  # odd, so that two processes cannot share it evenly
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def blocks(tmp_path_factory):
    return planted(tmp_path_factory.mktemp("torchrec") / "ratings")


def start(blocks):
    """The tables that all runs begin with."""
    generator = torch.Generator().manual_seed(0)
    sizes = {"user": blocks.num_users, "movie": blocks.num_items}
    return {name: 0.3 * torch.randn(n, 8, generator=generator) for name, n in sizes.items()}


def pieces(model):
    """(name, first row, rows, Adagrad's sums) of what this process holds, and trains."""
    state = model.fused_optimizer.state_dict()["state"]
    for key, table in model.state_dict().items():
        name = key.split(".")[-2]
        for number, piece in enumerate(table.local_shards()):
            sums = state[key][f"{name}.momentum1"].local_shards()[number]
            yield name, piece.metadata.shard_offsets[0], piece.tensor, sums.tensor


def work(rank, size, port, folder, out):
    """One process of `trained`."""
    torch.set_num_threads(1)
    place = {"RANK": rank, "WORLD_SIZE": size, "LOCAL_RANK": rank, "LOCAL_WORLD_SIZE": size}
    os.environ |= {name: str(value) for name, value in (place | {"MASTER_PORT": port}).items()}
    os.environ["MASTER_ADDR"] = "127.0.0.1"
    blocks = Blocks(folder)
    with mf.together() as world:
        whole = mf.Factorization(blocks.num_users, blocks.num_items, blocks.mean, rank=7)
        model, tables = mf.shard(whole, world, LR), start(blocks)
        for name, first, rows, _ in pieces(model):
            rows.copy_(tables[name][first : first + len(rows)])
        curve = []
        for seed in range(2):
            train = mf.epoch(model, blocks, world, batch=BATCH, ridge=RIDGE, seed=seed)
            curve.append((train, mf.test_mse(model, blocks, world)))
        torch.save((curve, [*pieces(model)]), f"{out}/{rank}.pt")


def trained(size, blocks, out):
    """Train with `size` processes: the curve, and what each process holds in the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    processes = spawn(work, (size, port, blocks.folder, out), nprocs=size, join=False)
    deadline = monotonic() + 120
    try:
        while not processes.join(timeout=1):
            assert monotonic() < deadline, "the processes wait for each other"
    finally:
        for process in processes.processes:
            process.kill()
    curves, held = zip(*(torch.load(out / f"{rank}.pt") for rank in range(size)))
    assert all(curve == curves[0] for curve in curves)
    return curves[0], held


def by_hand(blocks):
    """The same with whole tables, autograd's dense gradients and row-wise Adagrad spelled out."""
    tables = {name: table.requires_grad_() for name, table in start(blocks).items()}
    sums = {name: torch.zeros(len(table), 1) for name, table in tables.items()}

    def loss(users, items, ratings, ridge):
        u, i = tables["user"][users], tables["movie"][items]
        predicted = blocks.mean + (u[:, :7] * i[:, :7]).sum(1) + u[:, 7] + i[:, 7]
        error = (predicted - ratings).square()
        return error.mean(), (error + ridge * (u.square().sum(1) + i.square().sum(1))).mean()

    def test_mse():
        return loss(*whole(blocks.read_test()), 0)[0].item()

    curve = []
    for seed in range(2):
        errors = 0.0
        for n, part in mf.batches(blocks, World(), BATCH, seed):
            error, objective = loss(part.users, part.items, part.ratings, RIDGE)
            errors += n * error.item()
            for name, gradient in zip(tables, torch.autograd.grad(objective, [*tables.values()])):
                sums[name] += gradient.square().mean(1, keepdim=True)
                tables[name].data -= LR * gradient / (sums[name].sqrt() + 1e-8)
        curve.append((errors / sum(blocks.sizes), test_mse()))
    return curve, tables, sums


@pytest.mark.parametrize("size", [1, 2])
def test_it_does_what_is_done_by_hand(blocks, tmp_path, size):
    curve, tables, sums = by_hand(blocks)
    found, held = trained(size, blocks, tmp_path)
    torch.testing.assert_close(torch.tensor(found), torch.tensor(curve), rtol=1e-4, atol=0)
    held = [piece for process in held for piece in process]
    for name, first, rows, adagrad in held:
        part = slice(first, first + len(rows))
        torch.testing.assert_close(rows, tables[name].detach()[part], rtol=1e-3, atol=1e-3)
        # They see what Adagrad's steps do not: gradients that are all too large, or too small.
        torch.testing.assert_close(adagrad, sums[name][part, 0], rtol=1e-2, atol=0)
    users = [len(rows) for name, _, rows, _ in held if name == "user"]
    assert users == [blocks.num_users // size] * size  # each has its part, and no more


def test_torchrun_with_two_processes_learns_what_was_planted(blocks):
    settings = {"--epochs": 20, "--batch": 500, "--lr": 0.3, "--ridge": 0.03, "--rank": 3}
    torchrun = ["torch.distributed.run", "--standalone", "--nproc-per-node=2", "-m"]
    command = [sys.executable, "-m", *torchrun, "examples.torchrec_mf", str(blocks.folder)]
    command += [str(word) for pair in settings.items() for word in pair]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, env=environment)
    assert done.returncode == 0, done.stderr
    curve = [float(mse) for mse in re.findall(r"테스트 MSE ([0-9.]+)", done.stdout)]
    assert len(curve) == 20 and curve[-1] < curve[4] < curve[0]
    assert NOISE**2 < curve[-1] < 0.2 * spread(blocks)


def test_the_fragment_of_lecture_14_runs():
    exec(fragment("torchrec"), told := {})
    assert {name: place.sharding_types for name, place in told["PLACES"].items()} == {
        name: place.sharding_types for name, place in mf.PLACES.items()
    }


def test_mistakes_are_told(capsys, tmp_path, blocks):
    assert mf.main([str(tmp_path)]) == 1
    assert "prepare한 폴더를" in capsys.readouterr().err
    assert mf.main([str(blocks.folder), "--rank", "10"]) == 1
    assert "4의 배수" in capsys.readouterr().err
