"""Train on more ratings than memory likes to hold: lecture 14, and `python -m lecture_utils train`.

`import lecture_utils` does without.

Raises:
    ModuleNotFoundError: pyarrow or tqdm is missing.
"""

from importlib.util import find_spec

for _name in ("pyarrow", "tqdm"):
    if find_spec(_name) is None:
        raise ModuleNotFoundError(
            f'{_name} is missing, which the long runs need: pip install "{_name}"', name=_name
        )
