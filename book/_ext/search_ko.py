"""Korean search language: finds a word wherever it stands, whatever is attached to it.

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

from __future__ import annotations

import json
import re
import unicodedata
from typing import TYPE_CHECKING

import snowballstemmer
from sphinx.search import SearchLanguage
from sphinx.search.en import js_porter_stemmer

if TYPE_CHECKING:
    from sphinx.application import Sphinx

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

# The query's half. Stripping too much costs precision, never a page: what is left is still a part
# of the word. So a particle goes where it fits the syllable before it and enough remains:
# 임베딩을 and 값을 lose theirs, 평가, 강의 and 정확도 stay whole.
_js_splitter = r"""
const KoreanSearch = {
  WORDS: /[가-힣]+|(?:(?![가-힣])[\p{L}\p{N}_×])+(?:\.[0-9]+)*/gu,

  // [the syllable before ends in: any, a vowel, a consonant; how many must remain; particles]
  PARTICLES: [
    ["any", 1, "에서 까지 부터"],
    ["any", 2, "의 에 만 들 에게 한테 마다 처럼 보다 만큼 대로 조차 밖에"],
    ["any", 2, "입니다 하는 하기 하다 한다 하면 하고 합니다 되는 된다 됩니다"],
    ["any", 2, "이다 이며 이면 인데 인가 이므로 이라면 이지만 이거나 이에요 예요 별"],
    ["any", 3, "도"],
    ["vowel", 1, "는 를"],
    ["vowel", 2, "가 와 란 라는 라고 랑 라면 므로"],
    ["vowel or ㄹ", 2, "로"],
    ["consonant", 1, "은 을 으로"],
    ["consonant", 2, "이 과 이나 이란 이라는 이라고 이랑 이야"],
  ].flatMap(([after, least, particles]) =>
    particles.split(" ").map((particle) => ({ after, least, particle }))
  ).sort((a, b) => b.particle.length - a.particle.length),

  fits: (after, syllable) => {
    const final = (syllable.charCodeAt(0) - 0xac00) % 28;  // 0: none, 8: ㄹ
    if (after === "vowel") return final === 0;
    if (after === "vowel or ㄹ") return final === 0 || final === 8;
    return after === "any" || final > 0;
  },

  strip: (word) => {
    const found = KoreanSearch.PARTICLES.find(({ after, least, particle }) => {
      const rest = word.slice(0, -particle.length);
      return word.endsWith(particle) && rest.length >= least
        && KoreanSearch.fits(after, rest.slice(-1));
    });
    return found ? KoreanSearch.strip(word.slice(0, -found.particle.length)) : word;
  },

  isParticle: (run) =>
    run === "" || KoreanSearch.PARTICLES.some(
      ({ particle }) =>
        run.startsWith(particle) && KoreanSearch.isParticle(run.slice(particle.length))
    ),

  // The Korean words of the index without their particles.
  vocabulary: () => {
    if (!KoreanSearch._vocabulary && typeof Search !== "undefined" && Search.hasIndex())
      KoreanSearch._vocabulary = new Set(
        [...Object.keys(Search._index.terms), ...Object.keys(Search._index.titleterms)]
          .filter((term) => /^_[가-힣_]+$/.test(term))
          .map((term) => KoreanSearch.strip(term.replaceAll("_", "")))
      );
    return KoreanSearch._vocabulary || new Set();
  },

  // 영화평점 -> [영화, 평점], as if typed with the space, where both are words of these pages.
  cut: (word) => {
    for (let i = 2; i <= word.length - 2; i++) {
      if (!KoreanSearch.vocabulary().has(word.slice(0, i))) continue;
      const tail = word.slice(i);
      const rest = KoreanSearch.cut(tail);
      if (rest.length > 1 || KoreanSearch.vocabulary().has(tail))
        return [word.slice(0, i), ...rest];
    }
    return [word];
  },
};

function splitQuery(query) {
  const text = query.normalize("NFC");
  return [...text.matchAll(KoreanSearch.WORDS)].flatMap(({ 0: word, index }) => {
    if (/^[0-9]+$/.test(word)) return [" " + word];  // Sphinx drops a bare number
    if (!/^[가-힣]/.test(word)) return [word];
    const attached = index > 0 && /\S/.test(text[index - 1]);  // MSE가, zero_grad()를
    if (attached && KoreanSearch.isParticle(word)) return [];
    return KoreanSearch.cut(KoreanSearch.strip(word));
  });
}

// A summary begins where a word stands as typed (or as stemmed); terms stand nowhere in the text.
if (typeof Search !== "undefined") {
  const makeSearchSummary = Search.makeSearchSummary;
  Search.makeSearchSummary = (text, terms, ...rest) => {
    const words = [...terms].flatMap((term) => [term.slice(1), Stemmer.typed.get(term)]);
    return makeSearchSummary(text, words, ...rest);
  };
}
"""

# A Latin word of four letters or more finds what begins with it (Sphinx has that for any word, but
# anywhere in it: "gan" finds "began").
_js_stemmer = (
    js_porter_stemmer
    + r"""
const PorterStemmer = Stemmer;
Stemmer = function () {
  const porter = new PorterStemmer();
  const spelled = %(spelled)s;
  this.stemWord = (typed) => {
    const word = typed.trim().normalize("NFKC").toLowerCase()
      .replace(/[^\x00-\x7f]/g, (sign) => spelled[sign] || sign);
    const parts = /^[가-힣]/.test(word) ? [...word] : word.split(/[_.]/).filter((part) => part)
      .map((part) => /^[a-z]{3,}$/.test(part) ? porter.stemWord(part) : part);
    // embed finds embedding, whose stem it is not; gan and 10 stand for themselves.
    const open = /[a-z]{4}$/.test(word) && /[a-z]{3}$/.test(parts[parts.length - 1]);
    const term = "_" + parts.join("_") + (open ? "" : "_");
    Stemmer.typed.set(term, typed.trim());
    return term;
  };
};
Stemmer.typed = new Map();
"""
)


class SearchKorean(SearchLanguage):
    """Korean search implementation: needs no dictionary and finds parts of words."""

    lang = "ko"
    language_name = "Korean"
    js_splitter_code = _js_splitter
    js_stemmer_code = _js_stemmer.replace("%(spelled)s", json.dumps(_spelled))

    def init(self, options: dict[str, str]) -> None:
        self.stemmer = snowballstemmer.stemmer("porter")

    def split(self, input: str) -> list[str]:
        """Korean and other words apart (PyTorch로); MSELoss also as MSE_Loss."""
        words = _words.findall(unicodedata.normalize("NFC", input))
        humps = (_hump.sub("_", word) for word in words if _hump.search(word))
        return [word for word in (*words, *humps) if word.strip("_")]

    def stem(self, word: str) -> str:
        """The word as a term: marks around its parts, Porter's stem of a Latin one."""
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


def setup(app: Sphinx) -> dict[str, bool]:
    app.add_search_language(SearchKorean)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "env_version": 1}
