/* What a narrow screen cannot show at once: a box that goes on fades at its edge (custom.css), one
   touch wraps all code, and the contents open where the reader is. */

const Narrow = {
  boxes: document.querySelectorAll(
    ".bd-article :is(pre, .output.text_html, .pst-scrollable-table-container)"
  ),

  // data-wide: wider than its place; data-more: something is hidden on the right.
  measure: (box) => {
    const hidden = box.scrollWidth - box.clientWidth;
    box.toggleAttribute("data-wide", hidden > 1);
    box.toggleAttribute("data-more", hidden - box.scrollLeft > 1);
  },

  wrap: (on) => {
    document.documentElement.toggleAttribute("data-wrap-code", on);
    for (const button of document.querySelectorAll(".wrap-code"))
      button.setAttribute("aria-pressed", on);
    Narrow.boxes.forEach(Narrow.measure);
  },

  addButton: (code) => {
    const button = document.createElement("button");
    Object.assign(button, { type: "button", className: "wrap-code", textContent: "줄바꿈" });
    button.addEventListener("click", () => {
      const on = !document.documentElement.hasAttribute("data-wrap-code");
      const before = button.getBoundingClientRect().top;
      localStorage.setItem("wrap-code", on);
      Narrow.wrap(on);
      scrollBy({ top: button.getBoundingClientRect().top - before, behavior: "instant" });
    });
    code.after(button);
  },

  showPlace: () => requestAnimationFrame(() =>
    document.querySelector("dialog[open] .nav-link.active")?.scrollIntoView({ block: "center" })
  ),
};

{
  const sizes = new ResizeObserver((all) => all.forEach(({ target }) => Narrow.measure(target)));
  for (const box of Narrow.boxes) {
    sizes.observe(box);
    box.addEventListener("scroll", () => Narrow.measure(box), { passive: true });
  }
  document.querySelectorAll(".bd-article .highlight > pre").forEach((code) => {
    if (!code.closest(".cell_output")) Narrow.addButton(code);
  });
  Narrow.wrap(localStorage.getItem("wrap-code") === "true");
  document.querySelector(".secondary-toggle")?.addEventListener("click", Narrow.showPlace);
}
