"""Exercises of lecture 02."""

EXERCISES = {}
