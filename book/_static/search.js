/* Find the sections that answer a query: BM25 over whatever words of it the book has.

   A section is { page, url, head, alias, asked, text, code }; `words` says how the book calls what has
   other names. search_index.py writes both. */

// oxlint-disable-next-line no-unused-vars -- search_page.js uses it
class SectionSearch {
  static FIELDS = ["head", "alias", "asked", "page", "text", "code"];
  static MORE = { head: 2, alias: 2, asked: 0.75 };  // how often more a word counts that stands there
  static K = 1.2;  // how soon a word that is repeated stops to count
  static B = 0.4;  // how much a long section pays for its length
  static VERB = /..[요죠까다지네데고서며면음듦짐림]$/;
  static SHARE = 0.75;  // how much it counts that a section has many words of the query

  // Words of questions, which say nothing of what is asked for.
  static EMPTY = new Set(
    ("왜 뭐 뭐야 뭐예요 뭔가요 뭔지 뭘까 무엇 무엇인가요 무슨 어떻게 어떤 언제 어디 어디서 어느 얼마나 몇 그냥 제일 "
    + "가장 좀 안 못 꼭 더 또 있나요 있어요 없나요 없어요 하나요 해요 하면 해야 되나요 돼요 안돼요 되죠 나요 나와요 "
    + "나오는데 나왔어요 건가요 인가요 싶어요 싶은데 주세요 쓰려면 하려면 하는 하는데 했는데 같은 다른 이런 방법 법 "
    + "차이 뜻 의미 수 것 거 때 할 이 그 저 게 건 걸 the a an is are of to in and for "
    + "what how why not do does nn torch np pd plt f 안됨 안돼 됨 나옴 다 알아요 너무 "
    + "처리 뭐임 뭐지 뭐죠 뭐에요 뭔데 인지 뭘 뭐로 뭐라고 된 지 얼마 죠 번 거야 건데 중에 될까요 될까 되나 되는지 "
    + "봐도 쳐도 아닌가요 그럼 혹시 진짜 전부 때마다 생길 괜찮아요 괜찮은가요 괜찮나요 그렇게 이렇게 매번 자꾸 보통 원래 아예 갑자기 정도 경우 "
    + "알려줘 알려주세요 궁금해요 어떡해요 어떡하죠").split(" ")
  );

  // The sections of search_index.js, each with its page and its address.
  static sections({ pages, words }) {
    const others = Object.entries(words);
    return pages.flatMap(({ page, url, sections }) => sections.map((section) => {
      const { id, head, alias } = section;  // only a term of the glossary has an alias
      const names = others.filter(([, word]) => word === head).map(([other]) => other);
      return {
        ...section, page, url: `${url}#${id || SectionSearch.slug(head)}`,
        ...(alias === undefined ? {} : { alias: [...names, alias].join(", ") }),
      };
    }));
  }

  static slug(head) {
    return head.toLowerCase().replaceAll(" ", "-").replace(/[^\p{L}\p{N}_-]/gu, "");
  }

  constructor(sections, words = {}) {
    this.sections = sections;
    this.postings = new Map();  // unit -> section's number -> how often
    this.more = new Map();  // unit -> section's number -> how often more it counts
    this.vocabulary = new Map();  // word -> how often
    this.lengths = sections.map((section, number) => this.add(section, number));
    this.average = this.lengths.reduce((sum, length) => sum + length, 0) / sections.length;
    this.terms = new Map(
      Object.entries(words).map(([other, word]) => [SectionSearch.name(other), word])
    );
  }

  add(section, number) {
    let length = 0;
    for (const field of SectionSearch.FIELDS)
      for (const part of KoreanWords.split(section[field] || "")) {
        const units = KoreanWords.units(part);
        const known = part.korean ? part.word : units[0];
        this.vocabulary.set(known, (this.vocabulary.get(known) || 0) + 1);
        for (const unit of units) {
          SectionSearch.count(this.postings, unit, number);
          if (SectionSearch.MORE[field] && !this.more.get(unit)?.has(number))
            SectionSearch.count(this.more, unit, number, SectionSearch.MORE[field]);
        }
        length += units.length;
      }
    return length;
  }

  static count(postings, unit, number, often = 1) {
    if (!postings.has(unit)) postings.set(unit, new Map());
    const posting = postings.get(unit);
    posting.set(number, (posting.get(number) || 0) + often);
  }

  // Sections that have all units: number -> score.
  match(units, weight = 1) {
    const postings = units.map((unit) => this.postings.get(unit) || new Map());
    const all = [...postings[0].keys()].filter((number) =>
      postings.every((posting) => posting.has(number)));
    return new Map(all.map((number) => {
      const scores = units.map((unit, i) => this.score(unit, postings[i], number));
      return [number, weight * scores.reduce((sum, score) => sum + score, 0) / Math.sqrt(units.length)];
    }));
  }

  // BM25, and more of it where the heading or what readers ask has the unit.
  score(unit, posting, number) {
    const { K, B } = SectionSearch;
    const rare = Math.log(1 + (this.sections.length - posting.size + 0.5) / (posting.size + 0.5));
    const often = posting.get(number);
    const long = 1 - B + B * this.lengths[number] / this.average;
    return rare * (often * (K + 1) / (often + K * long) + (this.more.get(unit)?.get(number) || 0));
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
  look({ word, typed, korean }) {
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
      const cuts = [word, typed].map((whole) => this.cut(whole));  // 유사도 has lost its 도
      const { covered, words } = cuts[1].covered === typed.length ? cuts[1] : cuts[0];
      if (words.length > 1 && covered >= 0.6 * word.length)
        for (const part of words) take(this.match(KoreanWords.units({ word: part, korean })), part);
      if (!found.size && word.length > 1 && !SectionSearch.VERB.test(word)) {
        meant = this.correct(word);
        if (meant) take(this.match(KoreanWords.units({ word: meant, korean })), meant);
      }
      // The beginning of a verb (올라가요, 올라갑니다) or of a long word (부트스트래핑).
      const stem = word.slice(0, SectionSearch.VERB.test(word) ? 2 : 3);
      if (!found.size && word.length >= (stem.length === 2 ? 3 : 5))
        take(this.match(KoreanWords.units({ word: stem, korean }), 0.4), stem);
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
    const words = KoreanWords.split(query);
    const understood = [];
    while (words.length) {
      const count = [2, 1].find((size) => this.term(words.slice(0, size)));
      const typed = words.splice(0, count || 1);
      if (count) {
        const term = { term: this.term(typed), typed: typed.map((part) => part.typed).join(" ") };
        understood.push(...typed.map((part) => ({ ...part, also: true })));
        understood.push(...KoreanWords.split(term.term).map((part) => ({ ...part, ...term })));
      } else understood.push(...typed);
    }
    const full = understood.filter(({ word, typed, term }) =>
      term || ![word.toLowerCase(), typed].some((text) => SectionSearch.EMPTY.has(text)));
    return full.length ? full : understood;
  }

  // How the book calls it, if otherwise; 행렬분해 is 행렬 분해. A long word may have a slip.
  term(words) {
    const name = SectionSearch.nameOf(words);
    if (words.some((part) => part.code)) return undefined;
    const near = () => [...this.terms.keys()].find((other) => KoreanWords.isSlip(name, other));
    const known = this.terms.has(name) || name.length < 4 || this.vocabulary.has(name);
    const term = this.terms.get(known ? name : near());
    return term && SectionSearch.name(term) !== name ? term : undefined;
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
        const weight = also ? 0.5 : 1;
        scores.set(number, { sum: sum + weight * score, count: count + (also ? 0 : 1) });
      }
    const whole = SectionSearch.nameOf(
      needed.filter((part) => part.found).map(({ word, meant }) => ({ word: meant || word })));
    const ranked = [...scores].map(([number, { sum, count }]) => {
      const named = SectionSearch.name(this.sections[number].head) === whole;
      const share = Math.max(count, 0.5) / needed.length;
      return { number, score: sum * share ** SectionSearch.SHARE * (named ? 10 : 1) };
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
