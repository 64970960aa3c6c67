/* Show what a search found: the page search.html?q=... */

const SearchPage = {
  SHOWN: 20,
  BEFORE: 60,  // letters of an excerpt before its first word
  LENGTH: 180,

  make: (tag, properties, ...children) => {
    const element = Object.assign(document.createElement(tag), properties);
    element.append(...children);
    return element;
  },

  // A text with the words marked, as pieces for an element.
  mark: (text, words) => {
    const signs = words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    return text.split(new RegExp(`(${signs.join("|")})`, "giu")).map((piece, i) =>
      i % 2 ? SearchPage.make("span", { className: "highlighted", textContent: piece }) : piece
    );
  },

  // The part of a text where most of the words stand together.
  excerpt: (text, words) => {
    const places = words.map((word) => text.toLowerCase().indexOf(word.toLowerCase()))
      .filter((place) => place >= 0);
    const count = (at) =>
      places.filter((place) => place >= at && place < at + SearchPage.LENGTH / 2).length;
    const [first = 0] = places.sort((a, b) => count(b) - count(a) || a - b);
    const start = text.lastIndexOf(" ", first - SearchPage.BEFORE) + 1;
    const part = text.slice(start, start + SearchPage.LENGTH);
    return (start ? "… " : "") + part + (start + part.length < text.length ? " …" : "");
  },

  // What a screen reader hears, too.
  summary: ({ sections, terms, corrected, absent }) => [
    ...terms.map(([typed, term]) => `‘${typed}’: 이 책의 말 ‘${term}’도 함께 찾았습니다.`),
    ...corrected.map(([typed, meant]) => {
      const particle = KoreanWords.fits("vowel or ㄹ", meant.at(-1)) ? "로" : "으로";
      return `‘${typed}’ 대신 ‘${meant}’${particle} 찾았습니다.`;
    }),
    ...absent.map((word) => `‘${word}’: 이 책에 없는 말입니다.`),
    ...(sections.length ? [`${sections.length}곳에서 찾았습니다.`] : []),
    ...(sections.length > SearchPage.SHOWN ? [`먼저 볼 ${SearchPage.SHOWN}곳입니다.`] : []),
  ].join(" "),

  show: (query) => {
    const { make, mark } = SearchPage;
    const sections = SectionSearch.sections(SEARCH_INDEX);
    const answer = new SectionSearch(sections, SEARCH_INDEX.words).ask(query);
    const { marks } = answer;
    const words = encodeURIComponent(marks.join(" "));  // sphinx_highlight.js marks them
    const items = answer.sections.slice(0, SearchPage.SHOWN).map(({ url, page, head, text }) =>
      make("li", {},
        make("a", { href: url.replace("#", `?highlight=${words}#`) }, ...mark(head, marks)),
        make("p", { className: "search-where" }, page),
        make("p", { className: "context" }, ...mark(SearchPage.excerpt(text, marks), marks)))
    );
    const status = make("p", { className: "search-summary", role: "status" });
    const heading = make("h2", {}, "검색 결과");
    const list = make("ol", { className: "search" }, ...items);
    document.getElementById("search-results").replaceChildren(heading, status, list);
    status.textContent = SearchPage.summary(answer);
  },
};

const query = new URLSearchParams(location.search).get("q")?.trim() || "";
for (const field of document.querySelectorAll("input[name=q]")) field.value = query;
if (query) SearchPage.show(query);
