"""Long runs: more ratings than one computer likes. Lecture 08, and `python -m lecture_utils train`.

Needs pyarrow and tqdm: `pip install "lecture-utils[scale]"`. `import lecture_utils` does without.
"""
