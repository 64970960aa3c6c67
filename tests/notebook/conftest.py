"""Figures of a test are drawn without a window and closed behind it."""

import matplotlib.pyplot as plt
import pytest
from matplotlib.axes import Axes


@pytest.fixture(autouse=True)
def close_figures():
    plt.switch_backend("agg")
    yield
    plt.close("all")


@pytest.fixture
def ax() -> Axes:
    return plt.figure().add_subplot()
