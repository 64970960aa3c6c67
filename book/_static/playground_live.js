// What follows when a reader presses, sets or edits something in the playground.
"use strict";
{
  const { Factorization, scoreMean } = window.playground;
  const { Plane, showCurves, showErrors, showTable, writeError } = window.playground;
  const { SCALES, buildControls, splitName } = window.playground;

  class Playground {
    constructor(figure) {
      this.figure = figure;
      this.data = JSON.parse(figure.querySelector("script").textContent);
      const { rows, columns, table } = this.data;
      this.ratings = structuredClone(table);
      this.guess = Number.NaN;
      buildControls(figure, this.data);
      const people = [...rows, ...columns].map(splitName);
      this.plane = new Plane(this.find(".playground-plane"), people, rows.length, this.data);
      this.listen();
      this.choose(0, 0);
      this.sort();
      this.restart();
      this.say("빈칸을 얼마나 틀릴지 짐작한 다음 학습을 눌러 보세요.");
    }

    find(selector) {
      return this.figure.querySelector(selector);
    }

    input(name) {
      return this.find(`[name=${name}]`);
    }

    setting(name) {
      return SCALES[name][this.input(name).value];
    }

    say(words) {
      this.find("[role=status]").textContent = words;
    }

    listen() {
      const on = (selector, event, act) => {
        for (const part of this.figure.querySelectorAll(selector))
          part.addEventListener(event, () => act(part));
      };
      on("[data-do]", "click", (button) => this[button.dataset.do]());
      on("[data-repair]", "click", (button) => this.repair(button.dataset.repair));
      on("[type=range]", "input", (slider) => this.slide(slider));
      on("[name=rank], [name=seed]", "change", () => this.restart());
      on("select", "change", () =>
        this.choose(Number(this.input("row").value), Number(this.input("column").value)),
      );
      on("[name=rating]", "input", (input) => this.rate(input));
      on("[name=rating]", "change", (input) => input.validity.valid && this.say(this.describe()));
      on("tbody td", "click", (cell) => {
        this.choose(cell.parentElement.sectionRowIndex, cell.cellIndex - 1);
        this.input("rating").focus();
      });
      for (const name of Object.keys(SCALES)) this.slide(this.input(name));
    }

    /* A slider says its value. */
    slide(slider) {
      const guessed = slider.name === "guess";
      if (guessed) this.guess = slider.valueAsNumber;
      const words = guessed ? this.guess.toFixed(2) : String(this.setting(slider.name));
      slider.setAttribute("aria-valuetext", words);
      slider.parentElement.querySelector("b").textContent = words;
      if (this.model) this.show();
    }

    /* Sort the cells into what is trained on and what is only scored: [row, column, rating]. */
    sort() {
      const cells = this.ratings.flatMap((line, row) =>
        line.map((rating, column) => [row, column, rating]),
      );
      this.known = cells.filter(([, , rating]) => rating !== null);
      this.blanks = this.data.blanks.filter(([row, column]) => this.ratings[row][column] === null);
    }

    score() {
      return [this.model.rmse(this.known), this.model.rmse(this.blanks)];
    }

    restart() {
      this.halt();
      const seed = this.input("seed");
      if (!seed.validity.valid || seed.value === "")
        return this.say("시드는 0부터 4294967295까지의 정수입니다.");
      const { rows, columns } = this.data;
      const rank = Number(this.find("[name=rank]:checked").value);
      this.model = new Factorization(rows.length, columns.length, rank, seed.valueAsNumber);
      this.errors = [this.score()];
      this.plane.reset();
      this.show();
      this.say(this.describe());
    }

    /* Train up to an epoch, with the settings as they are now. */
    train(epoch) {
      while (this.model.epoch < epoch) {
        this.model.step(this.known, this.setting("lr"), this.setting("l2"));
        this.errors.push(this.score());
      }
      this.show();
    }

    step() {
      this.halt();
      this.train(this.model.epoch + 1);
      this.say(this.describe());
    }

    run() {
      if (this.goal) return this.stop();
      const [from, epochs] = [this.model.epoch, this.setting("epochs")];
      this.goal = from + epochs;
      this.find("[data-do=run]").textContent = "멈춤";
      const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
      const duration = calm ? 0 : Math.min(40 * epochs, 5000);
      const begin = performance.now();
      const go = (now) => {
        const passed = Math.max(now - begin, 0);
        this.train(from + (passed < duration ? Math.ceil((passed / duration) * epochs) : epochs));
        if (this.model.epoch < this.goal) this.frame = requestAnimationFrame(go);
        else this.stop();
      };
      this.frame = requestAnimationFrame(go);
    }

    halt() {
      cancelAnimationFrame(this.frame);
      this.goal = 0;
      this.find("[data-do=run]").textContent = "학습";
    }

    stop() {
      this.halt();
      const missed = Math.abs(this.guess - this.errors.at(-1)[1]);
      const compared = Number.isNaN(missed) ? "" : ` 짐작과는 ${missed.toFixed(2)}점 차이입니다.`;
      this.say(`멈췄습니다. ${this.describe()}${compared}`);
    }

    choose(row, column) {
      this.chosen = [row, column];
      this.input("row").value = row;
      this.input("column").value = column;
      this.input("rating").value = this.ratings[row][column]?.toFixed(2) ?? "";
      this.find("[aria-current]")?.removeAttribute("aria-current");
      this.find("tbody").rows[row].cells[column + 1].setAttribute("aria-current", "true");
    }

    rate({ value, validity, valueAsNumber }) {
      if (!validity.valid) return this.say("평점은 0에서 5까지, 소수 둘째 자리까지입니다.");
      const [row, column] = this.chosen;
      this.ratings[row][column] = value === "" ? null : valueAsNumber;
      this.change();
    }

    repair(name) {
      this.replace(
        this.ratings.map((line, row) =>
          this.data.rows[row] === name ? this.data.repaired[name] : line,
        ),
      );
    }

    restore() {
      this.replace(this.data.table);
    }

    replace(ratings) {
      this.ratings = structuredClone(ratings);
      this.change();
      this.choose(...this.chosen);
      this.say(this.describe());
    }

    /* Score the model on the table as it is now. */
    change() {
      this.sort();
      this.errors[this.errors.length - 1] = this.score();
      this.show();
    }

    describe() {
      const { model, errors, known, blanks } = this;
      const [now, hidden, mean] = [...errors.at(-1), scoreMean(known, blanks)].map(writeError);
      return `에폭 ${model.epoch}. RMSE는 아는 칸 ${now}, 빈칸 ${hidden}, 평균 예측 ${mean}입니다.`;
    }

    /* What stands below a prediction: the rating, or what is known of a blank; * if changed. */
    note(row, column) {
      const rating = this.ratings[row][column];
      const truth = this.data.blanks.find((cell) => cell[0] === row && cell[1] === column)?.[2];
      const blank = truth === undefined ? "?" : `(${truth.toFixed(2)})`;
      const changed = rating === this.data.table[row][column] ? "" : "*";
      return (rating?.toFixed(2) ?? blank) + changed;
    }

    show() {
      const { model, errors, known, blanks, guess } = this;
      const { rows, columns } = this.data;
      const mean = scoreMean(known, blanks);
      const last = Math.max(this.goal, model.epoch, this.setting("epochs"));
      this.find(".playground-now").textContent =
        `에폭 ${model.epoch}, 아는 칸 ${known.length}개와 빈칸 ${blanks.length}개의 RMSE`;
      showErrors(this.find(".playground-errors"), [...errors.at(-1), mean, guess]);
      showCurves(this.find(".playground-curves"), errors, { mean, guess }, last);
      showTable(this.find("table"), model, (row, column) => this.note(row, column));
      this.plane.show([
        ...rows.map((_, row) => model.factors(0, row)),
        ...columns.map((_, column) => model.factors(2, column)),
      ]);
    }
  }

  window.playground = { ...window.playground, open: (figure) => new Playground(figure) };
}
