"""What a student may write for the exercises of lecture 03, and a word of the hint that is due."""

WRONG = {}
