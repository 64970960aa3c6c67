// bootstrap's script opens the menus of the header, shows hints and the way back to the top. It is
// fetched at the first sign of a reader; a click that was faster is given once more.
{
  const source = document.currentScript.dataset.bootstrap;
  let script;
  const fetch = () => {
    script ??= document.head.appendChild(Object.assign(document.createElement("script"), { src: source }));
  };
  for (const sign of ["pointermove", "pointerdown", "keydown", "focusin", "scroll"])
    addEventListener(sign, fetch, { once: true, passive: true, capture: true });
  addEventListener("click", (event) => {
    const menu = event.target.closest('[data-bs-toggle="dropdown"]');
    if (menu && !window.bootstrap) { fetch(); script.addEventListener("load", () => menu.click()); }
  }, true);
}
