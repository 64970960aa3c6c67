// Shows a training: errors in numbers and curves, predictions in the table, factors as points.
"use strict";
{
  const makeSvg = (tag, attributes, ...children) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };

  const writeError = (error) => (Number.isNaN(error) ? "없음" : error.toFixed(3));

  /* Errors beside the samples of their lines; the last, a guess, waits until there is one. */
  function showErrors(list, values) {
    [...list.querySelectorAll("dd")].forEach((place, i) => {
      place.textContent = writeError(values[i]);
    });
    list.lastElementChild.hidden = Number.isNaN(values.at(-1));
  }

  /* The table that stands in the page; `describe(row, column)` is written below a prediction. */
  function showTable(table, model, describe) {
    [...table.tBodies[0].rows].forEach((line, row) =>
      [...line.cells].slice(1).forEach((cell, column) => {
        const predicted = model.predict(row, column);
        cell.className = `rating-${Math.round(4 * predicted)}`;
        cell.firstChild.data = predicted.toFixed(2);
        cell.lastChild.textContent = describe(row, column);
      }),
    );
  }

  /* The curves that stand in the page, of at most 400 points: `errors` [known, blanks] after each
     epoch, and levels. A number that is not there is no point. */
  function showCurves(svg, errors, levels, last) {
    const stride = Math.ceil(errors.length / 400);
    const epochs = [...errors.keys()].filter((e) => e % stride === 0 || e === errors.length - 1);
    const curve = (which) => epochs.map((epoch) => [epoch, errors[epoch][which]]);
    const lines = { known: curve(0), blanks: curve(1) };
    for (const [name, at] of Object.entries(levels)) lines[name] = [0, last].map((e) => [e, at]);
    for (const [name, points] of Object.entries(lines)) {
      const there = points.filter(([, error]) => error >= 0);
      const drawn = there.map(([epoch, error]) => `${epoch},${-error.toFixed(3)}`).join(" ");
      svg.querySelector(`polyline.playground-${name}`).setAttribute("points", drawn);
    }
    svg.querySelector("svg").setAttribute("viewBox", `0 -3 ${last} 3`);
    svg.querySelector(".playground-last").textContent = last;
  }

  /* The factors of people [name, group] as points on a plane; those from `men` on have a ring. */
  class Plane {
    constructor(svg, people, men, { marks, places }) {
      const groups = [...new Set(people.map(([, group]) => group))];
      const mark = (group) => {
        const n = groups.indexOf(group) % marks.length;
        return makeSvg("path", { class: `steps-${n}`, d: marks[n] });
      };
      const ring = () => makeSvg("circle", { class: "steps-ring", r: 10 });
      const put = (...parts) => svg.appendChild(makeSvg("g", { class: "steps-point" }, ...parts));
      const keys = [...groups.map((group) => [group, mark(group)]), ["남자", ring()]];
      keys.forEach(([word, drawn], i) => {
        const key = put(drawn, makeSvg("text", { x: 26 }, word));
        key.style.transform = `translate(${-164 + 58 * i}px, -194px)`;
      });
      svg.prepend(makeSvg("path", { class: "steps-axes", d: "M-176 0H176M0-174V176" }));
      this.edge = makeSvg("text", { x: 176, y: 11, "text-anchor": "end" });
      this.words = makeSvg("text", { x: -176, y: 168 });
      const axes = [makeSvg("text", { x: 176, y: -10, "text-anchor": "end" }, "첫째 요인")];
      axes.push(makeSvg("text", { x: 6, y: -166 }, "둘째 요인"));
      svg.append(...axes, this.edge, this.words);
      this.points = people.map(([name, group], i) =>
        put(mark(group), ...(i < men ? [] : [ring()]), makeSvg("text", {}, name)),
      );
      this.names = people.map(([name]) => name);
      this.men = men;
      this.places = places.map(([x, y]) => [0.75 * x, 0.75 * y]);
      this.reset();
    }

    reset() {
      this.limit = 3;
      this.chosen = this.points.map(() => 0);
    }

    /* Two factors are a place; of one, women stand above the axis and men below it. */
    show(factors) {
      const rank = factors[0].length;
      this.words.textContent = ["", "여자는 위, 남자는 아래", "", "세 요인 가운데 둘"][rank];
      const widest = Math.max(...factors.map((at) => Math.max(...at.slice(0, 2).map(Math.abs))));
      while (this.limit < widest) this.limit *= 1.5;
      const unit = 160 / this.limit;
      const at = factors.map(([x, y], i) => [
        x * unit,
        y === undefined ? (i < this.men ? -30 : 30) : -y * unit,
      ]);
      this.settle(at);
      this.edge.textContent = Math.round(10 * this.limit) / 10;
      at.forEach(([x, y], i) => {
        const [dx, dy] = this.places[this.chosen[i]];
        this.points[i].style.transform = `translate(${x}px, ${y}px)`;
        this.points[i].lastChild.setAttribute("x", dx);
        this.points[i].lastChild.setAttribute("y", dy);
      });
    }

    /* Choose for each name the place where it hides least, near its point and rather where it was,
       as steps_figure.py does. */
    settle(at) {
      const marks = at.map(([x, y]) => [x, y, 18, 18]);
      const boxes = at.map(([x, y], i) =>
        this.places.map(([dx, dy]) => [x + dx, y + dy, 13 * this.names[i].length, 13]),
      );
      for (let round = 0; round < 2; round++)
        for (let i = 0; i < at.length; i++) {
          const names = this.chosen.map((k, j) => boxes[j][k]).filter((_, j) => j !== i);
          const costs = boxes[i].map((box, k) => {
            const dislike = (2 * k + (k < 8 ? 0 : 40)) / 3 + (k === this.chosen[i] ? 0 : 5);
            const hidden = [...marks, ...names].map((other) => measureOverlap(box, other));
          return hidden.reduce((sum, area) => sum + area, dislike);
          });
          this.chosen[i] = costs.indexOf(Math.min(...costs));
        }
    }
  }

  /* The area that two boxes [centre x, centre y, width, height] share. */
  function measureOverlap(a, b) {
    const wide = (a[2] + b[2]) / 2 - Math.abs(a[0] - b[0]);
    const high = (a[3] + b[3]) / 2 - Math.abs(a[1] - b[1]);
    return wide > 0 && high > 0 ? wide * high : 0;
  }

  const views = { Plane, showCurves, showErrors, showTable, writeError };
  window.playground = { ...window.playground, ...views };
}
