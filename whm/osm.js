// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
// What a form can't do alone: wait for what takes long, follow the log, watch a trial. Every page works
// without it.
"use strict";
(() => {
  const follow = (button) => {
    const log = document.getElementById(button.dataset.follow);
    let timer = 0;
    const show = async () => {
      const answer = await fetch(log.dataset.from, { cache: "no-store" });
      if (!answer.ok) return;
      log.textContent = await answer.text();
      log.scrollTop = log.scrollHeight;
    };
    button.hidden = false;
    log.scrollTop = log.scrollHeight;
    button.addEventListener("click", () => {
      clearInterval(timer);
      timer = timer ? 0 : setInterval(show, 2000);
      button.setAttribute("aria-pressed", String(Boolean(timer)));
      button.textContent = timer ? "Pause" : "Follow";
      if (timer) show();
    });
  };

  const watch = (bar) => {
    const look = async () => {
      const answer = await fetch(`?page=whatif-progress&job=${bar.dataset.job}`, { cache: "no-store" });
      const state = answer.ok ? await answer.json() : {};
      if (state.done) location.assign(`?page=whatif&job=${bar.dataset.job}`);
      else if (state.percent >= 0) bar.value = state.percent;
      if (!state.done) setTimeout(look, 500);
    };
    look();
  };

  const load = async (place) => {
    const answer = await fetch(place.dataset.load, { cache: "no-store" });
    if (!answer.ok) return;
    const part = new DOMParser().parseFromString(await answer.text(), "text/html");
    place.replaceWith(...part.body.children);
  };

  for (const place of document.querySelectorAll(".osm [data-load]")) load(place);
  for (const button of document.querySelectorAll(".osm [data-follow]")) follow(button);
  for (const bar of document.querySelectorAll(".osm progress[data-job]")) watch(bar);
})();
