"""Each lecture: how its numbers are measured, its own tests, its mutants."""
