"""Each lecture: its mutants."""
