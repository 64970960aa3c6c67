"""Cut Nanum Gothic to the Hangul of KS X 1001, Latin and common symbols, and rename it.

    python lecture_utils/notebook/fonts/make_font.py NanumGothic.ttf   (Debian: package fonts-nanum)

The Open Font License reserves the name "Nanum", so a modified font must not carry it.
Needs fontTools, which matplotlib brings.
"""

import sys
from pathlib import Path

from fontTools import subset

NAME = "Lecture Gothic"


def ks_x_1001() -> set[int]:
    """Return the code points of KS X 1001: 2,350 Hangul syllables, and symbols."""
    rows = [*range(0xA1, 0xAD), *range(0xB0, 0xC9)]  # symbols and kana, then Hangul; no Hanja
    pairs = (bytes([row, cell]) for row in rows for cell in range(0xA1, 0xFF))
    return {ord(char) for pair in pairs if (char := pair.decode("euc_kr", "ignore"))}


def main(source: str) -> None:
    """Cut the font of the file `source` and save the result beside this module."""
    options = subset.Options(name_IDs=["*"], name_languages=["*"], hinting=False)
    options.drop_tables += ["TSI0", "TSI1", "TSI2", "TSI3", "TSI5"]  # the editor's own notes
    font = subset.load_font(source, options)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes={*range(0x20, 0x17F), *ks_x_1001()})
    cutter.subset(font)
    names = {
        1: NAME,
        3: f"{NAME} 1.0",
        4: NAME,
        6: NAME.replace(" ", ""),
        13: "SIL Open Font License 1.1",
    }
    for record in list(font["name"].names):
        if record.langID not in (0, 0x409) or record.nameID in (7, 16, 17, 18, 21, 22):
            font["name"].names.remove(record)
        elif record.nameID in names:
            record.string = names[record.nameID]
    font.save(Path(__file__).with_name(NAME.replace(" ", "") + ".ttf"))


if __name__ == "__main__":
    main(*sys.argv[1:])
