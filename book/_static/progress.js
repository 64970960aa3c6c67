// Says in the list of lectures how many of a lecture's questions were answered rightly in this
// browser, where any was answered: questions.js keeps it.
"use strict";

for (const link of document.querySelectorAll("ol.lectures p > a:first-child")) {
  let kept = null;
  try {
    kept = localStorage.getItem(`questions/${link.pathname.split("/").pop()}`);
  } catch {}
  const [right, all] = (kept || "").split(" ")[0].split("/");
  const said = Object.assign(document.createElement("span"), { className: "answered" });
  said.textContent = `스스로 묻기 ${all}개 가운데 ${right}개`;
  if (all) link.parentElement.append(" ", said);
}
