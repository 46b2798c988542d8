// What the journeys share: the browser, signing in, and what every page must keep to.
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';
import { existsSync, mkdirSync } from 'node:fs';

export const base = process.env.MEGURI_URL ?? 'http://127.0.0.1:8080';
export const browserPath = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const hasBrowser = existsSync(browserPath);
const folder = new URL('../screenshots/', import.meta.url).pathname;

export async function launch() {
  mkdirSync(folder, { recursive: true });
  return chromium.launch({
    executablePath: browserPath,
    args: [
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--disable-gpu',
      '--font-render-hinting=none',
      '--force-color-profile=srgb',
    ],
  });
}

/** A new person at a machine of this width; `said` collects what the browser's console says. */
export async function visitor(browser, { width = 1440, height = 900, lang = 'ja' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: 'ja-JP', timezoneId: 'Asia/Tokyo' });
  await context.addInitScript((value) => localStorage.setItem('meguri.lang', value), lang);
  const page = await context.newPage();
  page.said = [];
  page.bytes = 0;
  page.on('console', (message) => page.said.push(`${message.type()}: ${message.text()}`));
  page.on('pageerror', (error) => page.said.push(`error: ${error.message}`));
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  session.on('Network.loadingFinished', (event) => {
    page.bytes += event.encodedDataLength;
  });
  return page;
}

export async function signIn(page, name, password) {
  await page.goto(base + '/');
  await page.fill('#username', name);
  await page.fill('#password', password);
  await page.keyboard.press('Enter');
  await page.waitForSelector('.person');
}

/** Goes to a page within the console, without loading it anew. */
export async function go(page, path) {
  await page.evaluate((to) => history.pushState(null, '', to), path);
  await settled(page);
}

export async function settled(page) {
  await page.waitForTimeout(150);
  await page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.loading'), null, {
    timeout: 20_000,
  });
  await page.waitForTimeout(250);
}

/** The faults of a page: axe, what the console said, sideways overflow, small targets. */
export async function faults(page) {
  const found = [];
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  for (const each of violations)
    found.push(
      `axe ${each.id}: ${each.nodes
        .slice(0, 3)
        .map((node) => node.html.slice(0, 160))
        .join(' | ')}`,
    );
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) found.push(`the page is ${wide} px wider than the window`);
  const small = await page.evaluate(() =>
    [...document.querySelectorAll('button, input, select, a.button, nav a')]
      .filter((each) => {
        const box = each.getBoundingClientRect();
        return (
          box.width > 0 && !each.closest('.visually-hidden') && ((box.height < 24 && each.type !== 'checkbox') || box.width < 20)
        );
      })
      .map((each) => each.outerHTML.slice(0, 120)),
  );
  if (small.length > 0) found.push(`small targets: ${small.slice(0, 3).join(' | ')}`);
  found.push(...page.said);
  page.said.length = 0;
  return found;
}

export const shot = (page, name, full = true) => page.screenshot({ path: `${folder}${name}.png`, fullPage: full });
