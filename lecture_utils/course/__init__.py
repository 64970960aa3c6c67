"""What belongs to one lecture, in one place: its exercises and every number it promises."""
