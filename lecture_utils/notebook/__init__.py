"""What a notebook shows: figures, the tables of their numbers, replayed steps, a Korean font."""
