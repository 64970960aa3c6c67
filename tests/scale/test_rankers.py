"""What ranks at scale is what `methods` makes of the same ratings, row by row or all at once."""

from itertools import islice

import pytest
import torch

from lecture_utils import evaluate
from lecture_utils.methods import METHODS
from lecture_utils.methods.interactions import LINEAR, Interactions
from lecture_utils.methods.item_to_item import ItemToItem
from lecture_utils.methods.least_squares import sum_products
from lecture_utils.scale import checkpoint, memory, rankers
from lecture_utils.scale.interactions import read_interactions
from lecture_utils.scale.rankers import RANKERS, Shortlist, sum_pairs
from lecture_utils.scale.settings import MODELS
from lecture_utils.scale.train_rankers import RankerTraining
from tests.scale.conftest import join_parts

CLOSE = {"rtol": 1e-4, "atol": 1e-4}


def begin(blocks, model: str, **options) -> RankerTraining:
    settings = {"model": model, "seed": 3, "validation": 1, **MODELS[model], **options}
    return RankerTraining(blocks, settings)


def model_of(run: RankerTraining):
    return run.kind.build(run.ranker.tensors, run.settings, run.blocks.num_items, run.watched)


@pytest.fixture(scope="module")
def parts(small):
    """What is trained on, and the validation block."""
    return join_parts(small.read(n) for n in range(7)), join_parts([small.read(7)])


@pytest.fixture
def in_pieces(monkeypatch):
    """Rows are solved 30 at a time, and 40 users make a step."""
    monkeypatch.setattr(rankers, "ROWS", 30)
    monkeypatch.setattr(rankers, "STEPS", 40)


@pytest.mark.parametrize(
    ("model", "name", "options"),
    [
        ("ials", "ials", {"rank": 5}),
        ("softmax", "softmax-mf", {"rank": 5}),
        ("softmax", "softmax-mf", {"rank": 5, "batch": 33, "drop": 0.0, "ridge": 0.2}),
        ("ease", "ease", {}),
        ("ease", "ease", {"ridge": 30.0, "drop": 0.4}),
    ],
)
def test_it_is_the_model_of_methods(small, parts, in_pieces, model, name, options):
    """So is its NDCG on the validation block that of `evaluate.ranking`."""
    run, size = begin(small, model, **options), (small.num_users, small.num_items)
    given = {"batch": 40} if model == "softmax" else {}
    torch.manual_seed(3)
    models = METHODS[name].function(parts[0], size, **given | options)
    users, offered = torch.arange(0, size[0], 3), torch.arange(size[1])
    for epoch in range(1, 2 if model == "ease" else 3):
        found = run.epoch().validation_ndcg
        if epoch > 1 or model == "softmax":  # iALS draws its start with the first sweep
            torch.manual_seed(3 + 1000 * epoch)
        expected = next(models)
        torch.testing.assert_close(model_of(run).table(users), expected.table(users), **CLOSE)
        ndcg = evaluate.ranking(expected, *parts, offered)["ndcg"]
        assert found == pytest.approx(ndcg, abs=1e-4)
    mine = parts[0].users == 4
    new = parts[0].items[mine], parts[0].ratings[mine]
    torch.testing.assert_close(model_of(run).fold_in(*new), expected.fold_in(*new), **CLOSE)


def test_progress_counts_what_an_epoch_goes_through(small, in_pieces):
    for model in RANKERS:
        run, told = begin(small, model), []
        run.progress = told.append
        run.epoch()
        assert sum(told) == run.size and len(told) > 1


def test_ease_of_the_most_watched(small, parts):
    """It is EASE of their columns; the others come after all of them."""
    run = begin(small, "ease", items=60)
    run.epoch()
    watched = torch.bincount(parts[0].items, minlength=small.num_items)
    shown = run.ranker.shown
    assert len(shown) == 60 and (shown.diff() > 0).all()
    assert watched[shown].min() >= watched.topk(61).values[-1]
    kept = torch.isin(parts[0].items, shown)
    users, items, ratings = (column[kept] for column in parts[0])
    narrow = (users, torch.searchsorted(shown, items), ratings)
    expected = next(METHODS["ease"].function(parts[0]._make(narrow), (small.num_users, 60)))
    users = torch.arange(small.num_users)
    table, found = expected.table(users), model_of(run)
    torch.testing.assert_close(found.table(users)[:, shown], table, **CLOSE)
    others = torch.isin(torch.arange(small.num_items), shown).logical_not()
    assert (found.table(users)[:, others] == -torch.inf).all()
    new = found.fold_in(
        torch.tensor([int(shown[5]), int(others.nonzero()[0])]), torch.tensor([5.0, 5.0])
    )
    only = expected.fold_in(torch.tensor([5]), torch.tensor([5.0]))
    torch.testing.assert_close(new[shown], only, **CLOSE)
    assert (new[others] == -torch.inf).all()


def test_more_items_than_there_are_are_all(small):
    run = begin(small, "ease", items=10**6)
    assert len(run.ranker.shown) == small.num_items


def test_a_shortlist_of_everything_is_item_to_item(parts, small):
    watched = Interactions(parts[0], (small.num_users, small.num_items), LINEAR)
    weights = torch.randn(small.num_items, small.num_items)
    run = begin(small, "ials", rank=2)
    every, users = torch.arange(small.num_items), torch.tensor([0, 9])
    found = Shortlist(weights, every, small.num_items, run.watched).table(users)
    torch.testing.assert_close(found, ItemToItem(watched, weights).table(users))


def test_a_shortlist_scores_pairs_as_its_table(small, parts):
    """Ids are those of all items; those that are not among the weights score -inf."""
    run = begin(small, "ease", items=60)
    run.epoch()
    model = model_of(run)
    users, items, _ = (column[:500] for column in parts[0])
    found, expected = model(users, items), model.table(users)[torch.arange(500), items]
    torch.testing.assert_close(found, expected)
    assert 0 < found.isinf().sum() < 500
    with pytest.raises(IndexError):
        model(users[:1], torch.tensor([small.num_items]))
    with pytest.raises(IndexError):
        model.fold_in(torch.tensor([small.num_items]), torch.tensor([5.0]))


def test_ease_scores_users_by_what_they_watched(small, tmp_path):
    """A model that is loaded without it says so; someone new it can do without."""
    run = begin(small, "ease", items=60)
    run.epoch()
    checkpoint.save(tmp_path, run, run.settings)
    alone = checkpoint.load_model(tmp_path).model
    users = torch.arange(3)
    for ask in (lambda: alone.table(users), lambda: alone(users, users)):
        with pytest.raises(ValueError, match=r"give load_model\(run, watched\)"):
            ask()
    model = checkpoint.load_model(tmp_path, run.watched).model
    assert torch.equal(model.table(users), model_of(run).table(users))
    new = torch.tensor([0, 9, 20]), torch.tensor([5.0, 4.0, 3.0])
    assert torch.equal(alone.fold_in(*new), model.fold_in(*new))


def test_products_row_by_row(small):
    """Those of all rows at once; a row without cells is among them."""
    cells = begin(small, "ials", rank=2).watched.narrow(torch.arange(20)).matrix
    assert (cells.crow_indices().diff() == 0).any()
    design = torch.randn(20, 3)
    torch.testing.assert_close(rankers.sum_by_row(cells, design), sum_products(cells, design))


@pytest.mark.parametrize("pairs", [1, 100, 10**6])
def test_pairs_are_counted_as_by_a_product(small, pairs, monkeypatch):
    """Whatever part of a user's pairs is added at a time: who has most here has thousands."""
    monkeypatch.setattr(rankers, "PAIRS", pairs)
    cells = begin(small, "ials", rank=2).watched.matrix
    dense = cells.to_dense()
    torch.testing.assert_close(sum_pairs(cells, lambda done: None), dense.T @ dense)


@pytest.mark.parametrize("model", ["ials", "softmax"])
def test_resumed_it_goes_the_same_way(small, tmp_path, model):
    whole, before, after = (begin(small, model, rank=4) for _ in range(3))
    expected = [whole.epoch().validation_ndcg for _ in range(4)]
    for _ in range(2):
        before.epoch()
    checkpoint.save(tmp_path, before, {"model": model})
    checkpoint.resume(after, checkpoint.load(tmp_path))
    for _ in range(2):
        after.epoch()
    assert [sweep.validation_ndcg for sweep in after.history] == expected
    assert after.best.epoch == whole.best.epoch
    assert after.history[2].seconds > before.history[1].seconds
    for name, tensor in whole.ranker.tensors.items():
        assert torch.equal(tensor, after.ranker.tensors[name])


def test_a_new_learning_rate_holds_after_resuming(small, tmp_path):
    run = begin(small, "softmax", rank=2)
    run.epoch()
    checkpoint.save(tmp_path, run, {})
    again = begin(small, "softmax", rank=2, lr=0.5)
    checkpoint.resume(again, checkpoint.load(tmp_path))
    assert again.ranker.optimizer.param_groups[0]["lr"] == 0.5


def test_the_best_epoch_is_kept(small, monkeypatch, tmp_path):
    """Not the last, nor the one before a fall alone."""
    run, made = begin(small, "ials", rank=2), []
    ndcg = iter([0.2, 0.4, 0.1, 0.4, 0.3])
    table = lambda *_: ({"ndcg": torch.tensor(next(ndcg))}, None)  # noqa: E731
    monkeypatch.setattr("lecture_utils.scale.train_rankers.measure", table)
    for _ in range(5):
        run.epoch()
        made.append(run.ranker.tensors)
    assert run.best.epoch == 2 and run.best.parameters is made[1]
    checkpoint.save(tmp_path, run, run.settings)
    model = checkpoint.load_model(tmp_path).model
    assert torch.equal(model.item, made[1]["item"])


def test_scores_without_bounds_are_told_and_not_kept(small):
    run = begin(small, "softmax", rank=2, lr=1e30)
    with pytest.raises(ValueError, match="너무 커졌습니다. --ridge를 늘리거나"):
        for _ in islice(iter(int, 1), 5):
            run.epoch()
    assert len(run.history) < 5


@pytest.mark.parametrize("model", RANKERS)
def test_nothing_to_learn(small, model, monkeypatch):
    def read(*words, **more):
        watched = read_interactions(*words, **more)
        watched.values.zero_()  # as stars of one and below are
        return watched

    monkeypatch.setattr("lecture_utils.scale.train_rankers.read_interactions", read)
    with pytest.raises(ValueError, match="별 하나보다 높은 평점이 하나도 없어서"):
        begin(small, model)


def test_tables_that_do_not_fit_are_refused_before_they_are_made(small):
    """That of MovieLens 25M takes 42 GB; of so many movies as are named three tables fit."""
    with pytest.raises(ValueError) as caught:
        memory.check_room(59_047, 21.0)
    told = "--model ease: 영화 59,047편을 서로 견주는 표 3벌에 메모리가 41.8GB 드는데"
    assert str(caught.value).startswith(told) and "--items 41000처럼" in str(caught.value)
    memory.check_room(41_000, 21.0)
    with pytest.raises(ValueError, match=r"쓸 수 있는 것은 0.001GB입니다. --items 288처럼"):
        begin(small, "ease", memory=0.001)
    begin(small, "ease", memory=0.001, items=288)


def test_free_memory(monkeypatch):
    assert memory.find_free() > 10**8
    monkeypatch.setattr(memory, "find_free", lambda: 10**9)
    with pytest.raises(ValueError, match="쓸 수 있는 것은 0.8GB입니다. --items 8000처럼"):
        memory.check_room(10_000, None)
    with pytest.raises(ValueError, match="것은 1e-09GB입니다. 그런 표가 없는 --model ials를"):
        memory.check_room(10_000, 1e-9)  # not one movie fits
    monkeypatch.setattr(memory, "find_free", lambda: float("inf"))
    memory.check_room(10**6, None)  # nobody knows: it may be tried


@pytest.mark.parametrize(
    ("limit", "free"),
    [("3000000", 2_500_000), ("500000", 0), ("max", None), ("9" * 18, None), ("", None)],
)
def test_free_memory_of_a_container(tmp_path, monkeypatch, limit, free):
    """Its limit counts where it is less than what the machine has left."""
    monkeypatch.setattr(memory, "CGROUP", tmp_path)
    monkeypatch.setattr(memory, "_find_machine", lambda: 10**9)
    if limit:
        (tmp_path / "memory.max").write_text(f"{limit}\n")
        (tmp_path / "memory.current").write_text("1000000\n")
        (tmp_path / "memory.stat").write_text("active_file 7\ninactive_file 500000\n")
    assert memory.find_free() == (10**9 if free is None else free)


def test_a_ridge_that_does_not_solve(small, monkeypatch):
    def fail(*_, **__):
        raise torch.linalg.LinAlgError("not positive definite")

    monkeypatch.setattr(rankers, "solve_without_self", fail)
    with pytest.raises(ValueError, match="--ridge: 200.*풀리지 않으니 늘리세요"):
        begin(small, "ease").epoch()
