"""Training on blocks is the training of lecture 02, in parts."""

import copy

import pytest
import torch

from lecture_utils import evaluate
from lecture_utils.data import Tensors
from lecture_utils.scale import checkpoint
from lecture_utils.scale.blocks import Block
from lecture_utils.scale.train import SquaredErrors, Training
from lecture_utils.scale.world import World, join
from lecture_utils.train import fit

SETTINGS = {"model": "mf", "rank": 4, "seed": 0}


def training(blocks, settings=SETTINGS, **more) -> Training:
    model = checkpoint.build(settings, blocks.num_users, blocks.num_items, blocks.mean)
    return Training(model, blocks, **more)


def curve(run: Training, epochs: int) -> torch.Tensor:
    """(epochs, 2): training and test."""
    return torch.tensor([run.epoch()[:2] for _ in range(epochs)])


def close(curve, other) -> None:
    """Agree as docs/decisions/0001-house-plan.md says: training to 1e-4, test to 1e-3."""
    torch.testing.assert_close(curve[:, 0], other[:, 0], rtol=1e-4, atol=0)
    torch.testing.assert_close(curve[:, 1], other[:, 1], rtol=1e-3, atol=0)


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
    close(ours, torch.tensor([history.train_mse, history.test_mse]).T)
    assert ours[-1, 0] < 0.9 * ours[0, 0]


@pytest.mark.parametrize("full_batch", [False, True])
def test_streaming_changes_nothing(small, full_batch):
    kept = curve(training(small, full_batch=full_batch), 4)
    assert torch.equal(kept, curve(training(small, full_batch=full_batch, stream=True), 4))


def test_its_rows_count_from_zero_in_rankings_too(small):
    """A hit on the first row counts: what is offered says so."""
    run = training(small)
    run.epoch()
    train = Tensors(*map(torch.cat, zip(*(small.read(n)[:3] for n in range(len(small))))))
    first = small.num_users - 1
    with torch.no_grad():
        run.model.bias_item[0] = 100
    train = Tensors(*(column[(train.users != first) | (train.items != 0)] for column in train))
    test = Tensors(torch.tensor([first]), torch.tensor([0]), torch.tensor([5.0]))
    assert evaluate.ranking(run.model, train, test, small.offered, k=1)["ndcg"] == 1


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
    run, orders = training(small), []
    for _ in range(3):
        steps = run._steps()
        assert all(len(step) == 1 for step in steps)
        orders.append([number for step in steps for number in step])
        run.epoch()
    assert [sorted(order) for order in orders] == [list(range(8))] * 3
    assert len({tuple(order) for order in orders}) == 3
    assert training(small, seed=1)._steps() != training(small)._steps()
    assert training(small, full_batch=True)._steps() == [list(range(8))]


def test_shares_of_a_step(small):
    """Three processes, eight blocks: three steps, and in the last one stays idle."""
    run = training(small)
    run.world = World(0, 3)
    assert [len(step) for step in run._steps()] == [3, 3, 2]
    loss = SquaredErrors(run.model)(None)
    loss.backward()
    assert loss.item() == 0
    assert all(not parameter.grad.any() for parameter in run.model.parameters())


@pytest.mark.parametrize("numbers", [[3], [0, 5]])
def test_a_step_descends_the_mean_over_its_own_ratings(small, numbers):
    run, twin = training(small, ridge=0.0, ridge_bias=0.0), training(small).model
    run._step(numbers)
    users, items, ratings = map(torch.cat, zip(*(small.read(n)[:3] for n in numbers)))
    torch.nn.functional.mse_loss(twin(users, items), ratings).backward()
    for ours, plain in zip(run.model.parameters(), twin.parameters()):
        torch.testing.assert_close(ours.grad, plain.grad, rtol=1e-4, atol=1e-8)


def test_stopped_anywhere_it_goes_on(small, tmp_path):
    whole = curve(training(small), 6)
    for stop in (1, 4):
        first = training(small)
        before = curve(first, stop)
        checkpoint.save(tmp_path, first, SETTINGS)
        second = training(small)
        checkpoint.resume(second, checkpoint.load(tmp_path))
        assert torch.equal(torch.cat([before, curve(second, 6 - stop)]), whole)
        seconds = [epoch.seconds for epoch in second.history]
        assert seconds == sorted(seconds)


def test_the_seed_decides(small):
    assert torch.equal(curve(training(small), 2), curve(training(small), 2))
    other = curve(training(small, SETTINGS | {"seed": 1}), 2)
    assert not torch.equal(curve(training(small), 2), other)


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
    """Whatever is in it changes its error and nothing that is learned; the best epoch is kept."""
    run = training(small, full_batch=full_batch, validation=1, lr=0.3, ridge=0.0, ridge_bias=0.0)
    assert 7 not in {number for step in run._steps() for number in step}
    errors, copies = [], []
    for _ in range(12):
        errors.append(run.epoch().held_out_mse)
        users, items, ratings, _ = small.read(7)
        copies.append(copy.deepcopy(run.model.state_dict()))
        found = (run.model(users, items) - ratings).square().mean().item()
        assert errors[-1] == pytest.approx(found, rel=1e-5)
    best = min(range(12), key=errors.__getitem__)
    assert run.best.epoch == best + 1 < 12
    assert all(torch.equal(run.best.parameters[name], p) for name, p in copies[best].items())
    checkpoint.save(tmp_path, run, SETTINGS)
    again = training(small, validation=1)
    checkpoint.resume(again, checkpoint.load(tmp_path))
    assert again.best.epoch == best + 1 and torch.equal(again.model.P, run.model.P)
    mean = (small.read(7).ratings - small.mean).square().mean().item()
    assert run.mean_mse() == pytest.approx(mean, rel=1e-5)


def test_more_processes_than_blocks(small):
    with pytest.raises(ValueError, match="블록 8개에서 .* 프로세스 9개가"):
        training(small, world=World(0, 9))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu():
    with pytest.raises(ValueError, match="--device: .* GPU를 찾지 못했으니"), join("cuda"):
        pass
