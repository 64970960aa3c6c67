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

// A screen reader hears how many places were found.
const answer = Search.query;
Search.query = (query) => {
  Search.status.setAttribute("role", "status");
  answer(query);
};
