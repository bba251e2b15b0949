// SPDX-License-Identifier: GPL-2.0-or-later
// Copyright (C) 2026 the osm authors
//
// pictures: docs/images, made of the real page with the demo's two spammers.
import { mkdirSync } from "node:fs";
import { close, configure, fresh, open, osm, send, until } from "./lab.mjs";

const out = new URL("../../docs/images/", import.meta.url).pathname;
const box = "info@bobs-garage.example";

mkdirSync(out, { recursive: true });
fresh();
configure({ LOGLINE_LIMIT: 20, LOGLINE_INTERVAL: 600, LOGLINE_ACTIONS: "email,store,hold",
  LOGLINE_SUBJECT_LIMIT: 20, CWDCHECK_LIMIT: 25, CWDCHECK_CWD_LIMIT: 20 });
osm("start");
send("background", "3");
send("mailbox", box, "34");
send("script", "osmalice", "45", "--subject", "You have won");
await until(() => osm("reports").reports.length >= 4, "the reports");

async function picture(name, where, options = {}) {
  const page = await open(options);
  await page.setViewportSize(options.narrow ? { width: 380, height: 760 } : { width: 1000, height: 760 });
  await page.go("?page=reports");
  if (where === "evidence") await page.getByRole("link", { name: box }).click();
  else await page.go(where);
  await page.waitForLoadState();
  await page.screenshot({ path: `${out}${name}.png` });
}

await picture("overview", "");
await picture("evidence", "evidence");
await picture("events", "?page=events", { face: "whm" });
await picture("phone-dark", "", { narrow: true, dark: true });
osm("stop");
await close();
