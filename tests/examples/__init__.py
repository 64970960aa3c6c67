"""Engines that need an environment of their own: requirements.txt. Elsewhere these are skipped."""

import json
import re
from pathlib import Path

import numpy as np
import torch

from lecture_utils.scale.blocks import Blocks
from lecture_utils.scale.prepare import prepare

NOISE = 0.3


def fragment(package: str) -> str:
    """Find the code in lecture 14's text that imports `package`."""
    lecture = Path(__file__).parents[2] / "lectures" / "14_scaling_up.ipynb"
    cells = json.loads(lecture.read_text("utf-8"))["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    found = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    return next(code for code in found if f"from {package}" in code)


def planted(folder) -> Blocks:
    """12,000 ratings of 200 movies by 300 users: biases and rank 3, plus normal NOISE."""
    rng = np.random.default_rng(0)
    pairs = rng.choice(300 * 200, 12_000, replace=False)
    user, movie = (ids.astype("i4") for ids in divmod(pairs, 200))
    q, p = 0.5 * rng.standard_normal((300, 3)), 0.7 * rng.standard_normal((200, 3))
    bias = 0.4 * rng.standard_normal(300)[user] + 0.4 * rng.standard_normal(200)[movie]
    stars = 3.5 + bias + (q[user] * p[movie]).sum(1) + NOISE * rng.standard_normal(len(user))
    return prepare(lambda: iter([(user, movie, stars.astype("f4"))]), folder)


def whole(parts) -> list[torch.Tensor]:
    """Join parts of (users, items, ratings)."""
    return [torch.cat(columns) for columns in zip(*parts)]


def spread(blocks: Blocks) -> float:
    """Measure on the test data the MSE of predicting the mean."""
    ratings = whole(blocks.read_test())[2]
    return (ratings - blocks.mean).square().mean().item()
