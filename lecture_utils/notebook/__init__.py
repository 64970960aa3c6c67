"""Show figures, tables of their numbers and replayed steps in a notebook, in Korean."""
