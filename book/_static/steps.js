// Moves the points that book/_ext/steps_figure.py draws: one frame per epoch.
"use strict";

for (const figure of document.querySelectorAll(".steps")) {
  const { mse, paths, places, spots } = JSON.parse(figure.querySelector("script").textContent);
  const walks = paths.map((path) => path.split(" "));
  const points = figure.querySelectorAll(".steps-point");
  const trails = figure.querySelectorAll("polyline");
  const now = figure.querySelector(".steps-now");
  const spoken = figure.querySelector("[role=status]");
  const slider = figure.querySelector("input");
  const play = figure.querySelector("[data-do=play]");
  const last = mse.length - 1;
  let epoch = last;
  let timer = 0;

  function show(wanted) {
    epoch = Math.min(Math.max(wanted, 0), last);
    walks.forEach((walk, i) => {
      const [x, y] = walk[epoch].split(",");
      const [dx, dy] = places[parseInt(spots[epoch][i], 16)];
      const name = points[i].querySelector("text");
      points[i].style.transform = `translate(${x}px,${y}px)`;
      name.setAttribute("x", dx);
      name.setAttribute("y", dy);
      trails[i].setAttribute("points", walk.slice(Math.max(epoch - 10, 0), epoch + 1).join(" "));
    });
    now.textContent = `에폭 ${epoch}, 훈련 MSE ${mse[epoch].toFixed(3)}`;
    slider.value = epoch;
    slider.setAttribute("aria-valuetext", now.textContent);
  }

  function stop() {
    clearInterval(timer);
    timer = 0;
    play.textContent = "재생";
  }

  // A screen reader hears where a button led. The slider says its own value, and a film that
  // runs must not be read out frame by frame.
  function jump(wanted) {
    stop();
    show(wanted);
    spoken.textContent = now.textContent;
  }

  function start() {
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const stride = calm ? 10 : 1;
    if (epoch === last) show(0);
    timer = setInterval(
      () => (epoch + stride < last ? show(epoch + stride) : jump(last)),
      calm ? 1000 : 100,
    );
    play.textContent = "멈춤";
  }

  const does = {
    first: () => jump(0),
    back: () => jump(epoch - 1),
    next: () => jump(epoch + 1),
    play: () => (timer ? jump(epoch) : start()),
  };
  for (const button of figure.querySelectorAll("button")) {
    button.addEventListener("click", does[button.dataset.do]);
  }
  slider.addEventListener("input", () => {
    stop();
    show(Number(slider.value));
  });

  // Paper shows the last epoch, whatever the screen shows.
  let before;
  addEventListener("beforeprint", () => {
    stop();
    before = epoch;
    show(last);
  });
  addEventListener("afterprint", () => show(before));

  figure.classList.add("ready");
  show(0);
}
