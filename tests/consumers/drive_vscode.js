// Opens a project in VS Code for the web, opens one of its files and the Problems panel, and prints what a selector shows.
//   node drive_vscode.js CHROMIUM URL FILE SELECTOR SCREENSHOT
"use strict";

const puppeteer = require("puppeteer-core");

const PATIENCE = { timeout: 120000 };

async function main([executablePath, url, file, selector, screenshot]) {
  const args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  const browser = await puppeteer.launch({ executablePath, args });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1400, height: 900 });
    try {
      await page.goto(url, { waitUntil: "domcontentloaded", ...PATIENCE });
      await open(page, file);
      await press(page, "Control", "Shift", "KeyM");
      const texts = await settled(page, selector);
      console.log(JSON.stringify(texts));
    } finally {
      await page.screenshot({ path: screenshot });
    }
  } finally {
    await browser.close();
  }
}

async function open(page, file) {
  const row = await page.waitForSelector(`.explorer-viewlet .monaco-list-row[aria-label^="${file}"]`, PATIENCE);
  await row.click({ count: 2 });
  await page.waitForSelector(".monaco-editor .view-line", PATIENCE);
}

async function press(page, ...keys) {
  for (const key of keys) await page.keyboard.down(key);
  for (const key of keys.reverse()) await page.keyboard.up(key);
}

/** The texts of what a selector finds, when there are some and they are no longer changing. */
async function settled(page, selector) {
  await page.waitForSelector(selector, PATIENCE);
  const read = () => page.$$eval(selector, (found) => found.map((each) => each.textContent));
  for (let before, now = await read(); ; before = now, now = await read()) {
    if (before && before.join("\n") === now.join("\n")) return now;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(String(error));
  process.exitCode = 1;
});
