/* What a query asks for: the half of search_ko.py that runs in the reader's browser.

   Sphinx puts this behind its own English stemmer into language_data.js. SPELLED is search_ko.py's
   table of signs; Search is that of searchtools.js, which not every page has loaded. */

// Stripping too much costs precision, never a page: what is left is still a part of the word. So a
// particle goes where it fits the syllable before it and enough remains: 임베딩을 and 값을 lose
// theirs, 평가, 강의 and 정확도 stay whole.
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

// oxlint-disable-next-line no-unused-vars -- searchtools.js calls it
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

// A Latin word of four letters or more finds what begins with it (Sphinx has that for any word, but
// anywhere in it: "gan" finds "began").
const PorterStemmer = Stemmer;
Stemmer = function () {
  const porter = new PorterStemmer();
  this.stemWord = (typed) => {
    const word = typed.trim().normalize("NFKC").toLowerCase()
      .replace(/[^ -~]/g, (sign) => SPELLED[sign] || sign);
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
