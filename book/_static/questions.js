// Answers a choice in the forms that book/_ext/questions.py makes. What was chosen stays in this
// browser: nothing is sent.
"use strict";

const Questions = {
  forms: [...document.querySelectorAll(".question")],
  key: `questions/${location.pathname.split("/").pop()}`,

  make: (tag, attributes) => Object.assign(document.createElement(tag), attributes),
  choices: (form) => [...form.querySelectorAll("input")],

  // Kept is "3/4", which progress.js reads, and then the marks of what was chosen. A browser that
  // keeps nothing has marks that last as long as the page.
  read: () => {
    try {
      return (localStorage.getItem(Questions.key) || "").split(" ");
    } catch {
      return [];
    }
  },
  keep: (right, chosen) => {
    const kept = [`${right}/${Questions.forms.length}`, ...chosen].join(" ");
    try {
      if (chosen.length) localStorage.setItem(Questions.key, kept);
      else localStorage.removeItem(Questions.key);
    } catch {}
  },

  // The reason stands in the fold, at the same place as the answer in the list.
  show: (form) => {
    const choices = Questions.choices(form);
    const place = choices.findIndex((choice) => choice.checked);
    const reply = form.querySelector(".question-reply");
    const right = place === Number(form.dataset.right);
    for (const choice of choices) delete choice.parentElement.dataset.mark;
    reply.replaceChildren();
    if (place < 0) return;
    const reason = form.querySelectorAll("details li")[place].cloneNode(true);
    choices[place].parentElement.dataset.mark = right ? "right" : "wrong";
    reply.append(right ? "✓ " : "✗ 아닙니다. ", ...(reason.querySelector("p") || reason).childNodes);
  },
  showAll: () => {
    const { forms, count, forget } = Questions;
    forms.forEach(Questions.show);
    const right = forms.filter((form) => form.querySelector("[data-mark=right]")).length;
    const begun = forms.some((form) => form.querySelector("[data-mark]"));
    count.textContent = begun
      ? `${forms.length}개 가운데 ${right}개를 맞혔습니다. 표시는 이 브라우저에만 남습니다.`
      : "답을 고르면 바로 까닭을 알려 드립니다.";
    forget.disabled = !begun;
    return right;
  },
  choose: () => {
    const right = Questions.showAll();
    const checked = document.querySelectorAll(".question :checked");
    Questions.keep(right, [...checked].map((choice) => choice.value));
  },
  clear: () => {
    for (const choice of document.querySelectorAll(".question :checked")) choice.checked = false;
    Questions.choose();
    Questions.forms[0].querySelector("input").focus(); // a disabled button loses the focus
  },

  // An arrow would choose what it leads to, and so tell the answer: here it only leads there.
  move: (event) => {
    const choices = Questions.choices(event.currentTarget);
    const step = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 }[event.key];
    const at = choices.indexOf(event.target);
    if (!step || at < 0) return;
    event.preventDefault();
    choices.at((at + step) % choices.length).focus();
  },
};

{
  const { forms, make } = Questions;
  const head = make("div", { className: "question-marks" });
  Questions.count = make("span", { role: "status" });
  Questions.forget = make("button", { type: "button", textContent: "표시 지우기" });
  Questions.forget.addEventListener("click", Questions.clear);
  head.append(Questions.count, Questions.forget);
  forms[0].before(head);

  const kept = Questions.read();
  for (const form of forms) {
    form.querySelector("ul").after(make("p", { className: "question-reply", role: "status" }));
    for (const choice of Questions.choices(form)) choice.checked = kept.includes(choice.value);
    form.addEventListener("change", Questions.choose);
    form.addEventListener("keydown", Questions.move);
  }
  Questions.showAll();
}
