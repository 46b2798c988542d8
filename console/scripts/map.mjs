// Writes src/data/prefectures.json from @svg-maps/japan (CC BY 4.0): the outline of each prefecture by its number,
// rounded to a tenth of a unit. Run by hand when the package changes.
import map from '@svg-maps/japan';
import { writeFileSync } from 'node:fs';

const order = `hokkaido aomori iwate miyagi akita yamagata fukushima ibaraki tochigi gunma saitama chiba tokyo kanagawa niigata
toyama ishikawa fukui yamanashi nagano gifu shizuoka aichi mie shiga kyoto osaka hyogo nara wakayama tottori shimane okayama
hiroshima yamaguchi tokushima kagawa ehime kochi fukuoka saga nagasaki kumamoto oita miyazaki kagoshima okinawa`.split(/\s+/);

// every vertex is rounded where it lies, so that rounding does not add up along an outline
const rounded = (path) => {
  const tokens = path.match(/[a-zA-Z]|-?\d*\.?\d+/g) ?? [];
  let [x, y, startX, startY, command, i] = [0, 0, 0, 0, 'm', 0];
  let [px, py] = [0, 0];
  let out = '';
  const at = (value) => Math.round(value * 10);
  const text = (tenths) => String(tenths / 10).replace(/^(-?)0\./, '$1.');
  while (i < tokens.length) {
    if (/[a-zA-Z]/.test(tokens[i])) {
      command = tokens[i++];
      if (command === 'z' || command === 'Z') {
        [x, y] = [startX, startY];
        [px, py] = [at(x), at(y)];
        out += 'z';
        continue;
      }
      if (!'mMlL'.includes(command)) throw new Error(`a path has the command ${command}`);
    }
    const [dx, dy] = [Number(tokens[i++]), Number(tokens[i++])];
    const absolute = command === command.toUpperCase();
    [x, y] = absolute ? [dx, dy] : [x + dx, y + dy];
    const [nx, ny] = [at(x), at(y)];
    if (command.toLowerCase() === 'm') {
      out += `M${text(nx)} ${text(ny)}`;
      [startX, startY, px, py] = [x, y, nx, ny];
      command = command === 'm' ? 'l' : 'L';
    } else if (nx !== px || ny !== py) {
      out += `l${text(nx - px)} ${text(ny - py)}`;
      [px, py] = [nx, ny];
    }
  }
  return out.replace(/ -/g, '-');
};

const byId = new Map(map.locations.map((location) => [location.id, location.path]));
const paths = order.map((id) => {
  const path = byId.get(id);
  if (!path) throw new Error(`the map has no ${id}`);
  return rounded(path);
});
const target = new URL('../src/data/prefectures.json', import.meta.url);
writeFileSync(target, JSON.stringify({ viewBox: map.viewBox, paths }) + '\n');
