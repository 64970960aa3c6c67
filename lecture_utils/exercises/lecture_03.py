"""Exercises of lecture 03."""

EXERCISES = {}
