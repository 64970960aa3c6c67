// Fetches what trains in the page when a reader first asks for it.
"use strict";
{
  const home = document.currentScript.src;
  const SCRIPTS = ["model", "views", "controls", "live"];

  const fetchFile = (tag, attributes) =>
    new Promise((done, failed) => {
      const element = Object.assign(document.createElement(tag), attributes);
      element.addEventListener("load", done);
      element.addEventListener("error", failed);
      document.head.append(element);
    });

  const fetchAll = () =>
    Promise.all([
      fetchFile("link", { rel: "stylesheet", href: new URL("playground.css", home).href }),
      ...SCRIPTS.map((name) =>
        // not async: they run in this order
        fetchFile("script", { src: new URL(`playground_${name}.js`, home).href, async: false }),
      ),
    ]);

  for (const figure of document.querySelectorAll(".playground")) {
    const button = figure.querySelector("button");
    button.addEventListener("click", async () => {
      button.disabled = true;
      button.textContent = "불러오는 중입니다";
      try {
        await fetchAll();
        window.playground.open(figure);
      } catch {
        button.disabled = false;
        button.textContent = "불러오지 못했습니다. 다시 눌러 보세요";
        button.focus();
      }
    });
  }
}
