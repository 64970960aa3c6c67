"""Training on blocks is the training of lecture 02, in parts."""

import pandas as pd
import pytest
import torch

from lecture_utils.scale import checkpoint
from lecture_utils.scale.blocks import Block
from lecture_utils.scale.train import SquaredErrors, Training
from lecture_utils.scale.world import World, join
from lecture_utils.train import fit
from tests.scale.conftest import close

SETTINGS = {"model": "mf", "rank": 4, "seed": 0}


def training(blocks, settings=SETTINGS, **more) -> Training:
    model = checkpoint.build(settings, blocks.num_users, blocks.num_items, blocks.mean)
    return Training(model, blocks, **more)


def curve(run: Training, epochs: int) -> pd.DataFrame:
    """The errors of each epoch."""
    return pd.DataFrame([run.epoch()[:2] for _ in range(epochs)])


@pytest.mark.parametrize("kind", ["mf", "mf-plain"])
def test_full_batch_is_fit(small, kind):
    ridges = {"ridge": 5.0, "ridge_bias": 1.5}
    run = training(small, SETTINGS | {"model": kind}, lr=0.1, full_batch=True, **ridges)
    ours = curve(run, 15)
    whole = [small.read(number)[:3] for number in range(len(small))]
    train = tuple(map(torch.cat, zip(*whole)))
    test = tuple(map(torch.cat, zip(*small.read_test())))
    model = training(small, SETTINGS | {"model": kind}).model
    names = [name for name, _ in model.named_parameters()]
    penalty = {n: ridges["ridge_bias" if "bias" in n else "ridge"] / len(train[0]) for n in names}
    history = fit(model, train, test, epochs=15, lr=0.1, l2=penalty)
    close(ours, pd.DataFrame(zip(history.train_mse, history.test_mse)))
    assert ours.iloc[-1, 0] < 0.9 * ours.iloc[0, 0]


def test_streaming_keeps_nothing(small):
    run = training(small, stream=True)
    run.epoch()
    assert run.read(0) is not run.read(0)
    kept = training(small)
    assert kept.read(0) is kept.read(0)


@pytest.mark.parametrize("full_batch", [False, True])
def test_the_plain_way_of_a_gpu(small, full_batch, monkeypatch):
    """Indexing instead of sparse products, as on a device that is not the CPU."""
    fast = curve(training(small, full_batch=full_batch), 6)
    monkeypatch.setattr(Block, "errors", lambda self, *_: self)
    run = training(small, full_batch=full_batch)
    assert isinstance(run.read(0), Block)
    close(fast, curve(run, 6))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="PyTorch sees no GPU here")
@pytest.mark.parametrize("full_batch", [False, True])
def test_the_gpu_itself(small, full_batch):
    with join("cuda") as world:
        on_gpu = curve(training(small, full_batch=full_batch, world=world), 6)
    close(curve(training(small, full_batch=full_batch), 6), on_gpu)


def test_each_epoch_takes_every_block_once_in_an_order_of_its_own(small):
    run, orders = training(small), set()
    for _ in range(3):
        steps = run._steps()
        assert sorted(steps) == [[number] for number in range(8)]
        orders.add(str(steps))
        run.epoch()
    assert len(orders) == 3
    assert training(small, full_batch=True)._steps() == [list(range(8))]


def test_the_seed_decides(small):
    """It draws the order of the blocks and, as the run's setting, the start of the model."""
    assert training(small, seed=1)._steps() != training(small)._steps()
    other = training(small, SETTINGS | {"seed": 1})
    assert not torch.equal(other.model.P, training(small).model.P)


def test_shares_of_a_step(small):
    """Three processes, eight blocks: three steps, and in the last one stays idle."""
    run = training(small)
    run.world = World(0, 3)
    assert [len(step) for step in run._steps()] == [3, 3, 2]
    loss = SquaredErrors(run.model)(None)
    loss.backward()
    assert loss.item() == 0
    assert all(not parameter.grad.any() for parameter in run.model.parameters())


@pytest.mark.parametrize("kind", ["mf", "mf-plain"])
@pytest.mark.parametrize("numbers", [[3], [0, 5]])
def test_a_step_descends_the_mean_over_its_own_ratings(small, numbers, kind):
    run = training(small, SETTINGS | {"model": kind}, ridge=0.0, ridge_bias=0.0)
    twin = training(small, SETTINGS | {"model": kind}).model
    run._step(numbers)
    users, items, ratings = map(torch.cat, zip(*(small.read(n)[:3] for n in numbers)))
    torch.nn.functional.mse_loss(twin(users, items), ratings).backward()
    for ours, plain in zip(run.model.parameters(), twin.parameters()):
        torch.testing.assert_close(ours.grad, plain.grad, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize("full_batch", [False, True])
def test_an_error_without_bounds_is_told_and_not_kept(small, full_batch):
    """With one step an epoch only the error that is measured after it can tell."""
    run = training(small, lr=1e30, full_batch=full_batch)
    with pytest.raises(ValueError, match=r"오차가 너무 커졌습니다.*그 밖 (inf|nan).*--lr 1e\+30"):
        run.epoch()
    assert run.history == []


@pytest.mark.parametrize(
    "setting", [{"lr": 0.0}, {"lr": float("nan")}, {"ridge": -1.0}, {"ridge_bias": float("inf")}]
)
def test_bad_settings(small, setting):
    with pytest.raises(ValueError, match=f"{next(iter(setting))} must be .* and finite, not"):
        training(small, **setting)


@pytest.mark.parametrize("full_batch", [False, True])
def test_the_validation_block_is_held_out(small, full_batch, tmp_path):
    """Whatever is in it changes its error and nothing that is learned."""
    run = training(small, full_batch=full_batch, validation=1, lr=0.3, ridge=0.0, ridge_bias=0.0)
    assert 7 not in {number for step in run._steps() for number in step}
    users, items, ratings, _ = small.read(7)
    for _ in range(12):
        error = run.epoch().held_out_mse
        found = (run.model(users, items) - ratings).square().mean().item()
        assert error == pytest.approx(found, rel=1e-5)
    mean = (ratings - small.mean).square().mean().item()
    assert run.mean_mse() == pytest.approx(mean, rel=1e-5)
    checkpoint.save(tmp_path, run, SETTINGS)
    again = training(small, validation=1)
    checkpoint.resume(again, checkpoint.load(tmp_path))
    assert again.best.epoch == run.best.epoch < 12 and torch.equal(again.model.P, run.model.P)


def test_more_processes_than_blocks(small):
    with pytest.raises(ValueError, match="--validation: 블록 8개에서 .* 프로세스 9개가"):
        training(small, world=World(0, 9))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu():
    with pytest.raises(ValueError, match="--device: .* GPU를 찾지 못했으니"), join("cuda"):
        pass
