/** The indicators of the overview: each with its numerator, its denominator and its classes. */
import { permille } from './number';

export const ITEMS = [
  'beds_ready',
  'infected_in_ready_beds',
  'severe_beds_ready',
  'severe_beds_occupied',
  'icu_staffed',
  'icu_occupied',
  'infected_inpatients',
] as const;
export type Code = (typeof ITEMS)[number];
export const INDICATORS = ['ready', 'severe', 'icu', 'inpatients', 'rate'] as const;
export type Indicator = (typeof INDICATORS)[number];
export type Picture = {
  readonly coverage: { readonly due: number; readonly reported: number; readonly permille: number | null };
  /** In the order of `ITEMS`. */
  readonly figures: readonly { readonly sum: number | null; readonly answered: number }[];
};

export const PARTS: Record<'ready' | 'severe' | 'icu', readonly [part: Code, whole: Code]> = {
  ready: ['infected_in_ready_beds', 'beds_ready'],
  severe: ['severe_beds_occupied', 'severe_beds_ready'],
  icu: ['icu_occupied', 'icu_staffed'],
};

/** Null where nobody answered, and where so few did that the sum is not shown. */
export const sumOf = (picture: Picture | null | undefined, code: Code): number | null =>
  picture?.figures[ITEMS.indexOf(code)]?.sum ?? null;

/** So few answered that the sum is kept back, which is another thing than no answer. */
export const isKeptBack = (picture: Picture | null | undefined, code: Code): boolean => {
  const figure = picture?.figures[ITEMS.indexOf(code)];
  return figure !== undefined && figure.sum === null && figure.answered > 0;
};

/** Thousandths for shares, a number for counts. */
export function valueOf(picture: Picture | null | undefined, indicator: Indicator): number | null {
  if (!picture) return null;
  if (indicator === 'rate') return picture.coverage.permille;
  if (indicator === 'inpatients') return sumOf(picture, 'infected_inpatients');
  const [part, whole] = PARTS[indicator];
  return permille(sumOf(picture, part), sumOf(picture, whole));
}

/** Why there is no value: nobody reported, too few did to show it, or there is nothing of the kind. */
export function blankOf(picture: Picture | null | undefined, indicator: Indicator): 'unreported' | 'notShown' | 'notThere' {
  if (!picture) return 'notShown';
  if (picture.coverage.reported === 0) return 'unreported';
  const codes = indicator === 'rate' ? [] : indicator === 'inpatients' ? (['infected_inpatients'] as const) : PARTS[indicator];
  return codes.some((code) => isKeptBack(picture, code)) ? 'notShown' : 'notThere';
}

const FIXED: Partial<Record<Indicator, readonly number[]>> = {
  ready: [200, 400, 500, 700],
  severe: [200, 400, 500, 700],
  icu: [200, 400, 600, 800],
  rate: [500, 700, 800, 950],
};

/** The lower bounds of the second to the fifth class. Shares have fixed ones; counts are cut where the values lie. */
export function breaksOf(indicator: Indicator, values: readonly number[]): readonly number[] {
  const fixed = FIXED[indicator];
  if (fixed) return fixed;
  const sorted = [...values].sort((a, b) => a - b);
  const round = (value: number) => {
    const unit = 10 ** Math.max(0, Math.floor(Math.log10(Math.max(1, value))) - 1);
    return Math.max(1, Math.ceil(value / unit) * unit);
  };
  const cuts = [0.2, 0.4, 0.6, 0.8].map((part) => round(sorted[Math.floor(part * (sorted.length - 1))] ?? 1));
  return cuts.map((cut, index) => (index > 0 && cut <= (cuts[index - 1] ?? 0) ? (cuts[index - 1] ?? 0) + index : cut));
}

export const classOf = (value: number, breaks: readonly number[]): number => breaks.filter((bound) => value >= bound).length;

export const RAMP = ['#e3eefc', '#a9c8f5', '#5b9be6', '#1f66b8', '#0b2f66'] as const;
export const INK = ['#1a1a1c', '#1a1a1c', '#1a1a1c', '#ffffff', '#ffffff'] as const;

/** Round numbers from 0 up to at least `max`. */
export function ticks(max: number, count = 5): number[] {
  if (max <= 0) return [0, 1];
  const rough = max / count;
  const unit = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * unit).find((each) => each >= rough) ?? unit;
  const whole = Math.max(1, step);
  return Array.from({ length: Math.ceil(max / whole) + 1 }, (_, index) => index * whole);
}

/** The mean of a day and the six before it; null where one of the seven is missing. */
export function averages(values: readonly (number | null)[]): (number | null)[] {
  return values.map((_, index) => {
    const window = values.slice(Math.max(0, index - 6), index + 1).filter((value): value is number => value !== null);
    return window.length === 7 ? window.reduce((sum, value) => sum + value, 0) / 7 : null;
  });
}
