"""What a student may write for the exercises of lecture 02, and a word of the hint that is due."""

WRONG = {}
