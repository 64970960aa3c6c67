/* What Sphinx's search page lacks here. Runs after searchtools.js and before the index comes. */

// A page opened from disk may not read other pages: titles only.
if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

// A summary shows the lecture's own text: no menus, no buttons, each formula once.
Search.htmlToText = (html, anchor) => {
  const article = new DOMParser().parseFromString(html, "text/html").querySelector("article");
  article
    .querySelectorAll("button, script, style, .headerlink, .katex-mathml")
    .forEach((part) => part.remove());
  return ((anchor && article.querySelector(anchor)) || article).textContent;
};

// A screen reader hears how many places were found. Where no page has all the words ("과적합이
// 뭐야"), those that some page has are offered apart.
const answer = Search.query;
Search.query = (query) => {
  Search.status.setAttribute("role", "status");
  answer(query);
  if (Search.output.hasChildNodes()) return;
  const links = [...Search._parseQuery(query)[1]]
    .filter((term) => Search.performTermsSearch(new Set([term]), new Set()).length)
    .map((term) => {
      const link = document.createElement("a");
      link.textContent = Stemmer.typed.get(term);
      link.href = `?q=${encodeURIComponent(link.textContent)}`;
      return link;
    });
  if (links.length === 0) return;
  const apart = links.flatMap((link) => [" ", link]);
  Search.status.replaceChildren("이 말이 모두 있는 페이지는 없습니다. 따로 찾아보세요:", ...apart);
};
