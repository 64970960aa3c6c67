/* What Korean needs of a search, for the pages and for a query alike.

   Particles are glued to words (행렬, 행렬을, 행렬에서는), and compounds are written with and without a
   space (영화 평점, 영화평점). So particles are taken off, and a word is looked up by its pairs of
   syllables: 행렬 is found in 잠재행렬, too. No dictionary of some megabytes is needed. */

// oxlint-disable-next-line no-unused-vars -- search.js uses it
const KoreanWords = {
  // Hangul, or a word in any other script; 1.05 and SVD++ are one word.
  WORDS: /[가-힣]+|(?:(?![가-힣])[\p{L}\p{N}_×])+(?:\.[0-9]+)*(?:\+\+)?/gu,

  // [the syllable before ends in: any, a vowel, a consonant; how many must remain; particles].
  // Stripping too much costs little: what is left is still a part of the word. 평가, 강의 and 정확도
  // stay whole.
  PARTICLES: [
    ["any", 1, "에서 까지 부터"],
    ["any", 2, "의 에 만 들 에게 한테 마다 처럼 보다 만큼 대로 조차 밖에 별"],
    ["any", 2, "한 할 하죠 하지 해도 해서 하게 하려면 하려고 하던 했던 했는데 했어요 했더니"],
    ["any", 2, "입니다 하는 하기 하다 한다 하면 하고 합니다 해요 하나요 할까요 되는 된다 됩니다 되나요 됨 함"],
    ["any", 2, "이다 이며 이면 인데 인가 인가요 이므로 이라면 이지만 이거나 이에요 예요"],
    ["any", 3, "도"],
    ["vowel", 1, "는 를"],
    ["vowel", 2, "가 와 란 라는 라고 랑 라면 므로"],
    ["vowel or ㄹ", 2, "로"],
    ["consonant", 1, "은 을 으로"],
    ["consonant", 2, "이 과 이나 이란 이라는 이라고 이랑 이야"],
  ].flatMap(([after, least, particles]) =>
    particles.split(" ").map((particle) => ({ after, least, particle }))
  ).sort((a, b) => b.particle.length - a.particle.length),

  // A formula has \lambda, a reader types λ; and a 9×8 table is typed 9x8.
  SIGNS: {
    "×": "x", α: "alpha", β: "beta", γ: "gamma", δ: "delta", ε: "epsilon", η: "eta", θ: "theta",
    λ: "lambda", μ: "mu", ν: "nu", π: "pi", ρ: "rho", σ: "sigma", τ: "tau", φ: "phi", ω: "omega",
  },

  fits: (after, syllable) => {
    const final = (syllable.charCodeAt(0) - 0xac00) % 28;  // 0: none, 8: ㄹ
    if (after === "vowel") return final === 0;
    if (after === "vowel or ㄹ") return final === 0 || final === 8;
    return after === "any" || final > 0;
  },

  stripped: new Map(),
  // 행렬에서는 -> 행렬
  strip: (word) => {
    let rest = KoreanWords.stripped.get(word);
    if (rest === undefined) {
      const found = KoreanWords.PARTICLES.find(({ after, least, particle }) =>
        word.length >= particle.length + least && word.endsWith(particle)
        && KoreanWords.fits(after, word.at(-particle.length - 1)));
      rest = found ? KoreanWords.strip(word.slice(0, -found.particle.length)) : word;
      KoreanWords.stripped.set(word, rest);
    }
    return rest;
  },

  isParticle: (run) =>
    run === "" || KoreanWords.PARTICLES.some(
      ({ particle }) =>
        run.startsWith(particle) && KoreanWords.isParticle(run.slice(particle.length))
    ),

  // The words of a text, Korean ones without particles: [{ word, typed, korean, code }]; code is a
  // name with a dot, a bracket or an equals sign beside it.
  split: (text) => {
    const whole = text.normalize("NFC");
    return [...whole.matchAll(KoreanWords.WORDS)].flatMap(({ 0: typed, index }) => {
      if (/^[가-힣]/.test(typed)) {
        const glued = index > 0 && /[^\s가-힣]/.test(whole[index - 1]);  // MSE가, zero_grad()를
        if (glued && KoreanWords.isParticle(typed)) return [];
        return [{ word: KoreanWords.strip(typed), typed, korean: true }];
      }
      const word = typed.normalize("NFKC")
        .replace(/[^ -~]/g, (sign) => KoreanWords.SIGNS[sign.toLowerCase()] || sign);
      const code = /^(\.\w|[(=])/.test(whole.slice(index + typed.length)) || whole[index - 1] === ".";
      return /[^_]/.test(word) ? [{ word, typed, korean: false, code }] : [];
    });
  },

  // What a word is looked up by. 임베딩: its pairs of syllables; zero_grad, MSELoss: the whole and its parts.
  units: ({ word, korean }) => {
    if (korean)
      return word.length < 2 ? [word] : Array.from(word.slice(1), (next, i) => word[i] + next);
    const humps = word.replace(/([a-z])(?=[A-Z])|([A-Z])(?=[A-Z][a-z])/g, "$1$2_");
    const whole = word.toLowerCase().replace(/^_+|_+$/g, "");
    return [...new Set([whole, ...humps.toLowerCase().split(/[_.]+/)])].filter(Boolean);
  },

  // Whether one letter (of a Korean word, one of its jamo) was added, left out or exchanged, or two
  // neighbours of three or more changed places.
  isSlip: (typed, meant) => {
    const split = (form) => {
      const [a, b] = [typed.normalize(form), meant.normalize(form)];
      let same = 0;
      while (same < a.length && a[same] === b[same]) same += 1;
      return [a.slice(same), b.slice(same)];
    };
    const [x, y] = split("NFD");
    const [p, q] = split("NFC");
    return x.slice(1) === y.slice(1) || x.slice(1) === y || x === y.slice(1)
      || (typed.length > 2 && p.length > 1 && p[1] + p[0] + p.slice(2) === q);
  },
};
