/* Lays the blocks of each topic onto slides of 1280 x 720, then starts reveal.js.

   Blocks are measured, those too large for a slide are split, and the breaks between slides are
   chosen as TeX chooses lines: the cheapest way through all of them. */
const WIDTH = 1152, BOTTOM = 44, GAP = 16, SMALLEST = 14;
const make = (tag, name, ...children) => {
  const made = document.createElement(tag);
  made.className = name;
  made.append(...children);
  return made;
};
const kind = (block) => block.dataset.kind || (block.matches(".pair") ? "figure" : "prose");

/* Code, tables and formulas that are too wide are set smaller. */
const shrink = (block) => {
  for (const part of [block, ...block.querySelectorAll("pre, table, .katex-display")]) {
    let size = parseFloat(getComputedStyle(part).fontSize);
    while (part.scrollWidth > part.parentElement.clientWidth && size > SMALLEST) part.style.fontSize = --size + "px";
  }
};

/* Long code is set smaller before it is split. */
const lower = (block, room) => {
  const pre = block.querySelector("[data-kind=code] pre, pre");
  if (!pre) return;
  let size = parseFloat(getComputedStyle(pre).fontSize);
  while (size > SMALLEST + 1 && block.offsetHeight > room) pre.style.fontSize = --size + "px";
};

/* The pieces of a block that is taller than a slide: lines of code, rows, items. */
const inner = (block) => block.querySelector("pre, tbody") || block;
const split = (block, room) => {
  if (block.matches(".pair")) return [...block.children].flatMap((side) => [...side.children]).flatMap((part) => split(part, room));
  const whole = inner(block), lines = whole.matches("pre");
  const count = lines ? whole.textContent.trimEnd().split("\n").length : whole.children.length;
  if (block.offsetHeight <= room || count < 2 || !whole.matches("pre, tbody, ul, ol")) return [block];
  const pieces = Math.ceil(block.offsetHeight / room), step = Math.ceil(count / pieces);
  return Array.from({ length: pieces }, (_, i) => {
    const copy = block.cloneNode(true), part = inner(copy), from = i * step, to = from + step;
    if (lines) keepLines(part, from, to);
    else [...part.children].forEach((child, at) => (at < from || at >= to) && child.remove());
    if (part.matches("ol")) part.start = from + 1;
    return copy;
  });
};
const keepLines = (pre, from, to) => {
  const walker = document.createTreeWalker(pre, NodeFilter.SHOW_TEXT);
  let line = 0;
  while (walker.nextNode()) {
    const text = walker.currentNode;
    let kept = "";
    for (const letter of text.data) {
      if (line >= from && line < to) kept += letter;
      if (letter === "\n") line++;
    }
    text.data = kept;
  }
};

/* A cell's result stands beside its code where both are legible, or else below it. */
const pair = (body) => {
  for (const code of body.querySelectorAll(":scope > [data-kind=code]")) {
    const rest = [];
    for (let at = code.nextElementSibling; at && /output|figure/.test(kind(at)); at = at.nextElementSibling) rest.push(at);
    const figure = rest.findIndex((block) => kind(block) === "figure");
    if (!rest.length || rest.some((block) => block.matches(".steps")) || figure !== rest.findLastIndex((block) => kind(block) === "figure")) continue;
    const right = figure < 0 ? rest : rest.splice(figure, 1);
    const both = make("div", figure < 0 ? "pair" : "pair with-figure");
    code.before(both);
    both.append(make("div", "", code, ...(figure < 0 ? [] : rest)), make("div", "", ...right));
    const [left, result] = both.children;
    const large = () => result.clientWidth >= 400 && result.offsetHeight >= 240;
    const fits = () => left.offsetWidth < WIDTH && (figure < 0 ? result.clientWidth >= result.scrollWidth : large());
    if (!fits()) both.classList.add("small");
    if (!fits()) both.replaceWith(code, ...(figure < 0 ? [] : rest), ...right);
  }
};

/* How bad it is to turn the page between two blocks. */
const tie = (above, below) => {
  const pairOf = kind(above) + " " + kind(below);
  const label = above.querySelector("strong:only-child")?.textContent === above.textContent;
  if (kind(above) === "prose" && (label || /:\s*$/.test(above.textContent))) return 400;
  if (below.matches("ul, ol") && kind(above) === "prose") return 200;
  return { "code output": 400, "code figure": 300, "output figure": 200, "output output": 100, "prose code": 150,
           "prose figure": 150, "prose prose": 60, "figure prose": 20, "output prose": 10 }[pairOf] || 0;
};
const pages = (blocks, heights, room) => {
  const best = [{ cost: 0, from: 0 }];
  for (let end = 1; end <= blocks.length; end++) {
    best[end] = { cost: Infinity };
    for (let from = end - 1, tall = -GAP; from >= 0; from--) {
      tall += heights[from] + GAP;
      if (tall > room && from < end - 1) break;
      const empty = 1 - Math.min(1, tall / room);
      const cut = end < blocks.length ? tie(blocks[end - 1], blocks[end]) : 0;
      const cost = best[from].cost + 100 + 200 * empty ** 2 + cut;
      if (cost < best[end].cost) best[end] = { cost, from };
    }
  }
  const found = [];
  for (let end = blocks.length; end > 0; end = best[end].from) found.unshift(blocks.slice(best[end].from, end));
  return found;
};

const layOut = (topic) => {
  const [title, ...rest] = topic.children;
  const header = make("header", "", make("p", "", topic.dataset.above), title);
  const body = make("div", "body", ...rest);
  topic.classList.add("slide");
  if (!rest.length) topic.classList.add("opening");
  topic.append(header, body);
  pair(body);
  for (const block of [title, ...body.children]) shrink(block);
  const room = 720 - BOTTOM - (body.getBoundingClientRect().top - topic.getBoundingClientRect().top) - 20;
  const blocks = [...body.children].flatMap((block) => {
    lower(block, room);
    if (block.offsetHeight <= room) return [block];
    const smaller = split(block, room);
    block.replaceWith(...smaller);
    return smaller;
  });
  const [, ...more] = pages(blocks, blocks.map((block) => block.offsetHeight), room);
  for (const page of more.reverse()) {
    const repeated = header.cloneNode(true);
    repeated.lastChild.append(make("small", "", " (계속)"));
    topic.after(make("section", "slide " + topic.classList[1], repeated, make("div", "body", ...page)));
  }
};

const LABELS = { "navigate-left": "이전 슬라이드", "navigate-right": "다음 슬라이드", "navigate-up": "위 슬라이드", "navigate-down": "아래 슬라이드" };
const start = async () => {
  await document.fonts.ready;
  await Promise.all([...document.images].map((image) => image.decode().catch(() => {})));
  const root = document.querySelector(".reveal");
  root.classList.add("measuring");
  document.querySelectorAll(".topic").forEach(layOut);
  root.classList.remove("measuring");
  await Reveal.initialize({
    width: 1280, height: 720, margin: 0, center: false, hash: true, slideNumber: "c/t", help: false,
    navigationMode: "linear", transition: "none", scrollActivationWidth: null, backgroundTransition: "none",
  });
  for (const [name, label] of Object.entries(LABELS))
    root.querySelectorAll("." + name).forEach((button) => button.setAttribute("aria-label", label));
};
start();
