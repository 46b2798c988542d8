// node tests/look.mjs <account> <password> <ja|en> <width> <path>… : pictures and faults of pages, for people who build them.
import { faults, go, launch, settled, shot, signIn, visitor } from './browser.mjs';

const [name, password, lang, width, ...paths] = process.argv.slice(2);
const browser = await launch();
const page = await visitor(browser, { width: Number(width), lang });
if (name !== 'public') await signIn(page, name, password);
for (const path of paths) {
  if (name === 'public') {
    await page.goto((process.env.MEGURI_URL ?? '') + path);
    await settled(page);
  } else await go(page, path);
  const label = `${name}${path
    .replace(/\/[0-9a-f-]{36}/, '')
    .replace(/[^a-z0-9]/gi, '_')
    .slice(0, 40)}_${lang}_${width}`;
  await shot(page, label);
  console.log(label, await faults(page));
}
await browser.close();
