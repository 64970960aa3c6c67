"""Measure lectures: `python -m tests.lectures [NN ...]`, all of them without a number."""

import sys

from tests.lectures.measure import main

main(sys.argv[1:])
