"""Engines for when one computer is not enough, on a folder that `prepare` wrote."""
