"""Measure lectures: `python -m tests.lectures [--earlier] [NN ...]`, all without a number."""

import sys

from tests.lectures.measure import main

numbers = [given for given in sys.argv[1:] if given != "--earlier"]
main(numbers, earlier="--earlier" in sys.argv)
