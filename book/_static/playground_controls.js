// Puts the playground's controls around what stands in the page.
"use strict";
{
  const SCALES = {
    lr: [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10],
    l2: [0, 0.0001, 0.001, 0.01, 0.1, 1],
    epochs: [1, 10, 30, 100, 300, 1000, 3000],
  };
  const RANKS = [1, 2, 3].map(
    (rank) => `<label><input type="radio" name="rank" value="${rank}">${rank}</label>`,
  );
  const SETTINGS = `<div class="playground-settings">
    <label class="playground-first">먼저 짐작해 보세요. 학습이 끝나면 빈칸의 RMSE는 얼마일까요?
      <b>아직</b>
      <input type="range" name="guess" max="3" step="0.05" value="1.5" aria-valuetext="아직"></label>
    <label>학습률 <b></b><input type="range" name="lr"></label>
    <label>람다 <b></b><input type="range" name="l2"></label>
    <label>에폭 수 <b></b><input type="range" name="epochs"></label>
    <fieldset><legend>rank</legend>${RANKS.join("")}</fieldset>
    <label>시드 <input type="number" name="seed" min="0" max="4294967295"></label></div>`;
  const BUTTONS = `<button type="button" data-do="run">학습</button>
    <button type="button" data-do="step">한 에폭</button>
    <button type="button" data-do="restart">처음으로</button>`;
  const REPAIR = `<fieldset class="playground-repair"><legend>평점 고치기</legend>
    <label>여자 <select name="row"></select></label>
    <label>남자 <select name="column"></select></label>
    <label>평점 <input type="number" name="rating" min="0" max="5" step="0.01"></label>
    <p>표의 칸을 눌러 고를 수도 있습니다. 평점을 지우면 빈칸이 됩니다.</p>
    <div class="steps-controls"><button type="button" data-do="restore">표 되돌리기</button></div>
    </fieldset>`;
  const PLANE = '<svg class="playground-plane" viewBox="-180 -210 360 390" role="img" ' +
    'aria-label="열일곱 사람의 잠재 요인을 점으로 찍은 그림"></svg>';

  const splitName = (name) => name.replace(")", "").split("(");

  function buildControls(figure, { rows, columns, repaired, settings }) {
    const find = (selector) => figure.querySelector(selector);
    const controls = find(".steps-controls");
    controls.innerHTML = BUTTONS;
    controls.insertAdjacentHTML("beforebegin", SETTINGS);
    controls.insertAdjacentHTML("afterend", '<p class="playground-said" role="status"></p>');
    find(".playground-views").insertAdjacentHTML("beforeend", REPAIR + PLANE);
    find(".playground-errors").insertAdjacentHTML(
      "beforeend",
      `<div hidden><dt><svg viewBox="0 -1 40 2" aria-hidden="true">
        <path class="playground-guess" d="M0 0H40"/></svg>내 짐작</dt><dd></dd></div>`,
    );
    for (const [name, scale] of Object.entries(SCALES)) {
      if (!scale.includes(settings[name])) scale.push(settings[name]);
      scale.sort((a, b) => a - b);
      find(`[name=${name}]`).max = scale.length - 1;
      find(`[name=${name}]`).value = scale.indexOf(settings[name]);
    }
    find(`[name=rank][value="${settings.rank}"]`).checked = true;
    find("[name=seed]").value = settings.seed;
    for (const [name, labels] of Object.entries({ row: rows, column: columns }))
      find(`[name=${name}]`).append(...labels.map((label, i) => new Option(label, i)));
    for (const name of Object.keys(repaired)) {
      const button = Object.assign(document.createElement("button"), { type: "button" });
      button.dataset.repair = name;
      button.textContent = `${splitName(name)[0]}의 줄 고치기`;
      find("[data-do=restore]").before(button);
    }
    find("desc").textContent = "지금의 오차는 그림 위에 적혀 있습니다.";
    figure.classList.add("playground-open");
    find("[name=guess]").focus({ preventScroll: true });
  }

  window.playground = { ...window.playground, SCALES, splitName, buildControls };
}
