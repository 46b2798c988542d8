/** What somebody typed where a whole number belongs. */
export type Typed = { kind: 'blank' } | { kind: 'number'; value: number } | { kind: 'wrong' };

const LARGEST = 2 ** 53;
const UNITS = /(床|人|台|件|箱|本|回分|バイアル|vials?|boxes|box|beds?|patients?|devices?|tests?)$/i;

/** Full width, commas, blanks and units are understood; anything else is wrong. */
export function readCount(text: string): Typed {
  const plain = text
    .normalize('NFKC')
    .replace(/[\s,、，]/g, '')
    .replace(UNITS, '');
  if (plain === '') return { kind: 'blank' };
  if (!/^\d{1,16}$/.test(plain)) return { kind: 'wrong' };
  const value = Number(plain);
  return value <= LARGEST ? { kind: 'number', value } : { kind: 'wrong' };
}

/** A part of a whole in thousandths, rounded half up; null where there is no whole. */
export function permille(part: number | null | undefined, whole: number | null | undefined): number | null {
  if (part == null || whole == null || whole <= 0) return null;
  return Math.floor((part * 2000 + whole) / (whole * 2));
}
