/* Find the sections that answer a query: BM25 over whatever words of it the book has.

   A section is { page, url, head, alias, text, code }; `words` says how the book calls what has
   other names. search_index.py writes both. */

// oxlint-disable-next-line no-unused-vars -- search_page.js uses it
class SectionSearch {
  static BOOST = { head: 4, alias: 4, page: 1, text: 1, code: 1 };
  static K = 1.2;  // how soon a word that is repeated stops to count
  static B = 0.6;  // how much a long section pays for its length

  // Words of questions, which say nothing of what is asked for.
  static EMPTY = new Set(
    ("왜 뭐 뭐야 뭐예요 뭔가요 뭔지 뭘까 무엇 무엇인가요 무슨 어떻게 어떤 언제 어디 어디서 어느 얼마나 몇 그냥 제일 가장 좀 안 못 꼭 더 또 "
    + "있나요 있어요 없나요 없어요 하나요 해요 하면 해야 되나요 돼요 안돼요 되죠 나요 나와요 나오는데 나왔어요 건가요 인가요 "
    + "싶어요 싶은데 주세요 쓰려면 하려면 하는 하는데 했는데 같은 다른 이런 이유 방법 법 차이 뜻 의미 수 것 거 때 할 이 그 저 게 건 걸 the a "
    + "an is are of to in and for what how why not do does").split(" ")
  );

  constructor(sections, words = {}) {
    this.sections = sections;
    this.postings = new Map();  // unit -> section's number -> how often, boosted
    this.vocabulary = new Map();  // word -> how often
    this.lengths = sections.map((section, number) => this.add(section, number));
    this.average = this.lengths.reduce((sum, length) => sum + length, 0) / sections.length;
    this.terms = new Map(
      Object.entries(words).map(([other, word]) => [SectionSearch.name(other), word])
    );
  }

  add(section, number) {
    let length = 0;
    for (const [field, boost] of Object.entries(SectionSearch.BOOST))
      for (const part of KoreanWords.split(section[field] || "")) {
        const units = KoreanWords.units(part);
        const known = part.korean ? part.word : units[0];
        this.vocabulary.set(known, (this.vocabulary.get(known) || 0) + 1);
        for (const unit of units) {
          if (!this.postings.has(unit)) this.postings.set(unit, new Map());
          const posting = this.postings.get(unit);
          posting.set(number, (posting.get(number) || 0) + boost);
        }
        length += units.length;
      }
    return length;
  }

  // Sections that have all units: number -> score.
  match(units, weight = 1) {
    const [first, ...rest] = units.map((unit) => this.postings.get(unit) || new Map());
    const found = new Map();
    for (const number of first.keys()) {
      if (!rest.every((posting) => posting.has(number))) continue;
      const long = 1 - SectionSearch.B + SectionSearch.B * this.lengths[number] / this.average;
      const score = [first, ...rest].reduce((sum, posting) => {
        const rare = Math.log(1 + (this.sections.length - posting.size + 0.5) / (posting.size + 0.5));
        const often = posting.get(number);
        return sum + rare * often * (SectionSearch.K + 1) / (often + SectionSearch.K * long);
      }, 0);
      found.set(number, weight * score);
    }
    return found;
  }

  // 영화평점 -> [영화, 평점]: the fewest shorter words of the book that cover most of it.
  cut(word) {
    const best = [{ covered: 0, words: [] }];
    for (let end = 1; end <= word.length; end++) {
      best[end] = best[end - 1];
      for (let start = 0; start <= end - 2; start++) {
        const part = word.slice(start, end);
        if (part === word || !this.vocabulary.has(part)) continue;
        const covered = best[start].covered + part.length;
        const words = [...best[start].words, part];
        const gain = covered - best[end].covered;
        if (gain > 0 || (gain === 0 && words.length < best[end].words.length))
          best[end] = { covered, words };
      }
    }
    return best[word.length];
  }

  // The commonest word of the book that is one slip away from what was typed.
  correct(word) {
    const near = [...this.vocabulary.keys()].filter((known) =>
      known.length > 1 && Math.abs(known.length - word.length) < 2 && KoreanWords.isSlip(word, known));
    return near.sort((a, b) => this.vocabulary.get(b) - this.vocabulary.get(a))[0];
  }

  // What one word of a query finds: { found: number -> score, marks, meant }; null if nothing.
  look({ word, korean }) {
    const units = KoreanWords.units({ word, korean });
    const found = new Map();
    const marks = [];
    const take = (more, mark) => {
      if (more.size === 0) return;
      for (const [number, score] of more) found.set(number, (found.get(number) || 0) + score);
      marks.push(mark);
    };
    let meant;
    if (korean) {
      take(this.match(units), word);
      const { covered, words } = this.cut(word);
      if (words.length > 1 && covered >= 0.6 * word.length)
        for (const part of words) take(this.match(KoreanWords.units({ word: part, korean })), part);
      if (!found.size && word.length > 1 && !/[요죠까]$/.test(word)) {
        meant = this.correct(word);
        if (meant) take(this.match(KoreanWords.units({ word: meant, korean })), meant);
      }
      const stem = word.slice(0, 2);  // 올라가요, 올라갑니다
      if (!found.size && word.length > 2) take(this.match([stem], 0.4), stem);
    } else {
      take(this.match(units.slice(0, 1)), word);
      if (units.length > 2) take(this.match(units.slice(1), 0.5), units[1]);
      if (!found.size && units[0].length > 3) {
        const begins = [...this.postings.keys()].filter((unit) => unit.startsWith(units[0]));
        for (const unit of begins) take(this.match([unit], 0.8), unit);
        if (!found.size && (meant = this.correct(units[0]))) take(this.match([meant], 0.8), meant);
      }
    }
    return found.size ? { found, marks, meant } : null;
  }

  // A heading or a query, comparable: 행렬 분해란 and 행렬분해 are the same.
  static nameOf(words) {
    return words.map(({ word }) => word.toLowerCase()).join("");
  }

  static name(text) {
    return SectionSearch.nameOf(KoreanWords.split(text));
  }

  // The words of a query without empty ones. Where one or two are another name, the book's follow:
  // 오버피팅이 -> 오버피팅 과적합, 학습 데이터 -> 학습 데이터 훈련 데이터.
  understand(query) {
    const all = KoreanWords.split(query);
    const full = all.filter((part) =>
      ![part.word.toLowerCase(), part.typed].some((word) => SectionSearch.EMPTY.has(word)));
    const words = full.length ? full : all;
    const understood = [];
    for (let i = 0; i < words.length; i++) {
      const pair = words.slice(i, i + 2);
      const length = [2, 1].find((count) =>
        pair.length >= count && this.terms.has(SectionSearch.nameOf(pair.slice(0, count))));
      if (length) {
        const typed = pair.slice(0, length).map((part) => part.typed).join(" ");
        const term = this.terms.get(SectionSearch.nameOf(pair.slice(0, length)));
        understood.push(...pair.slice(0, length).map((part) => ({ ...part, also: true })));
        understood.push(...KoreanWords.split(term).map((part) => ({ ...part, typed, term })));
        i += length - 1;
      } else understood.push(words[i]);
    }
    return understood;
  }

  // The sections by score, best first; the words to mark; which words were taken for others, and
  // which the book does not have.
  ask(query) {
    const looked = this.understand(query).map((part) => ({ ...part, ...this.look(part) }));
    const hits = looked.filter((part) => part.found);
    const needed = looked.filter((part) => !part.also);
    const scores = new Map();
    for (const { found, also } of hits)
      for (const [number, score] of found) {
        const { sum, count } = scores.get(number) || { sum: 0, count: 0 };
        scores.set(number, { sum: sum + score, count: count + (also ? 0 : 1) });
      }
    const whole = SectionSearch.nameOf(
      needed.filter((part) => part.found).map(({ word, meant }) => ({ word: meant || word })));
    const ranked = [...scores].map(([number, { sum, count }]) => {
      const named = SectionSearch.name(this.sections[number].head) === whole;
      return { number, score: sum * Math.max(count, 0.5) / needed.length * (named ? 10 : 1) };
    }).sort((a, b) => b.score - a.score || a.number - b.number);
    return {
      sections: ranked.map(({ number }) => this.sections[number]),
      scores: ranked.map(({ score }) => score),
      marks: [...new Set(hits.flatMap((part) => part.marks))],
      terms: [...new Map(hits.filter((part) => part.term).map((part) => [part.typed, part.term]))],
      corrected: hits.filter((part) => part.meant).map((part) => [part.typed, part.meant]),
      absent: needed.filter((part) => !part.found).map((part) => part.typed),
    };
  }
}
