/* What a term means, for whom no mouse hovers over it: a tap or the focus of the keyboard shows it
   below the page, and a link goes on to the glossary. */

const Terms = {
  box: Object.assign(document.createElement("div"), { className: "term-box", popover: "auto" }),

  show: (term) => {
    const name = document.createElement("strong");
    const more = document.createElement("a");
    name.textContent = term.textContent;
    Object.assign(more, { href: term.href, textContent: "용어집에서 보기" });
    Terms.box.replaceChildren(name, ` ${term.title} `, more);
    Terms.box.togglePopover(true);
  },
};

// A browser without popovers follows the link.
if (Terms.box.togglePopover) {
  document.querySelector("main").append(Terms.box);
  const noMouse = matchMedia("(hover: none)");
  for (const term of document.querySelectorAll("a.glossary-term")) {
    term.addEventListener("click", (event) => {
      if (!noMouse.matches || !event.detail) return; // a mouse, or the enter key
      event.preventDefault();
      Terms.show(term);
    });
    term.addEventListener("focus", () => term.matches(":focus-visible") && Terms.show(term));
    term.addEventListener("blur", () => noMouse.matches || Terms.box.togglePopover(false));
  }
  // The theme takes the escape key for its search box.
  addEventListener("keydown", (event) => event.key === "Escape" && Terms.box.togglePopover(false));
}
