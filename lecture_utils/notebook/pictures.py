"""Show a picture in a notebook, and leave the book the numbers that it was drawn from."""

import base64
import io
from abc import ABC, abstractmethod

from matplotlib.figure import Figure
from PIL import Image

from lecture_utils.notebook import figure_tables


class Picture(ABC):
    """What displays itself as a picture. As the last value of a cell it is shown.

    The book, which has the numbers (`MIME`), draws something in its place that a reader can act on:
    see book/_ext/interactive.py. Frontends that do not know the type show the picture.
    """

    MIME: str
    COLORS: int | None = None  # of the PNG; a heatmap of few is a quarter as large

    @abstractmethod
    def draw(self) -> Figure:
        """Draw the picture."""

    @abstractmethod
    def to_dict(self) -> dict:
        """Return what the book draws from."""

    def to_tables(self) -> list[dict]:
        """Return the picture's numbers."""
        return figure_tables.read_tables(self.draw())

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> tuple:
        figure, png = self.draw(), io.BytesIO()
        figure.savefig(png, format="png", dpi=2 * figure.dpi)  # crisp, as plot's figures are
        if self.COLORS:
            few = Image.open(png).convert("RGB").quantize(self.COLORS, dither=Image.Dither.NONE)
            few.save(png := io.BytesIO(), format="png")
        width, height = map(round, figure.bbox.size)
        data = {
            "text/plain": repr(self),
            "image/png": base64.b64encode(png.getvalue()).decode("ascii"),
            self.MIME: self.to_dict(),
            figure_tables.MIME: self.to_tables(),
        }
        return data, {"image/png": {"width": width, "height": height}}
