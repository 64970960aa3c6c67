"""Search in Korean: find a word wherever it stands, whatever is attached to it.

Korean glues particles to its words (행렬, 행렬을, 행렬에서는) and writes compounds with and without
a space (영화 평점, 영화평점), so an index of whole words misses most pages. A tokenizer would need
a dictionary of some megabytes; parts of words are all that a search needs, and Sphinx's own search
finds these, within two limits: not for a query of fewer than three characters (most Korean nouns
have two syllables), and not where some page has exactly the word that is looked for.

Both limits fall if a word is written with marks between its parts. The parts are the syllables of
a Korean word and the names in an identifier:

    text                         index               query               finds it
    영화평점은                    __영_화_평_점_은_    _평_점_             yes
    optimizer.zero_grad()        __zero_grad_        _grad               yes
    RMSE                         __rmse_             _mse_               no: not a part

No query is shorter than three characters then, none equals a term, and none cuts a part in two.
The index is as large as one of whole words.
"""

import json
import re
import unicodedata
from pathlib import Path

import snowballstemmer
from sphinx.application import Sphinx
from sphinx.search import SearchLanguage
from sphinx.search.en import js_porter_stemmer

# A run of syllables, or a word in any other script; 1.05 is one word.
_words = re.compile(r"[가-힣]+|(?:[^\W가-힣]|×)+(?:\.[0-9]+)*")

_hump = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")

# A formula is indexed by its source, in which λ is \lambda; and a 9×8 table is typed 9x8.
_spelled = {
    "×": "x", "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta",
    "η": "eta", "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi",
    "π": "pi", "ρ": "rho", "σ": "sigma", "τ": "tau", "φ": "phi", "χ": "chi", "ψ": "psi",
    "ω": "omega",
}  # fmt: skip

# The query's half.
_script = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")


class SearchKorean(SearchLanguage):
    """Korean search implementation: needs no dictionary and finds parts of words."""

    lang = "ko"
    language_name = "Korean"
    js_stemmer_code = js_porter_stemmer
    js_splitter_code = f"const SPELLED = {json.dumps(_spelled)};\n{_script}"

    def init(self, options: dict[str, str]) -> None:
        """Take the stemmer for Latin words."""
        self.stemmer = snowballstemmer.stemmer("porter")

    def split(self, input: str) -> list[str]:
        """Split Korean and other words (PyTorch로); MSELoss also as MSE_Loss."""
        words = _words.findall(unicodedata.normalize("NFC", input))
        humps = (_hump.sub("_", word) for word in words if _hump.search(word))
        return [word for word in (*words, *humps) if word.strip("_")]

    def stem(self, word: str) -> str:
        """Return the word as a term: marks around its parts, Porter's stem of a Latin one."""
        word = unicodedata.normalize("NFKC", word).lower()
        word = "".join(_spelled.get(sign, sign) for sign in word)
        if "가" <= word[0] <= "힣":
            parts = list(word)
        else:
            parts = [
                self.stemmer.stemWord(part) if re.fullmatch("[a-z]{3,}", part) else part
                for part in re.split("[_.]", word)
                if part
            ]
        return f"__{'_'.join(parts)}_"


def setup(app: Sphinx) -> dict[str, int]:
    """Add the language."""
    app.add_search_language(SearchKorean)
    return {"env_version": 1}
