"""Invented data with planted structure, small (MovieLens 100K) and large (MovieLens 25M)."""
