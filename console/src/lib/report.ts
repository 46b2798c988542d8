/** The rules of the daily report's form, apart from how it looks. Rules between items are the server's. */
import { readCount } from './number';

export type Item = {
  readonly code: string;
  readonly kind: 'count' | 'status' | 'staffing';
  readonly moment: string;
  readonly max: number | null;
};
/** What a field holds: the text of a count, the code of a choice, or that it does not apply. Blank: not answered. */
export type Entry = { readonly text: string; readonly notApplicable: boolean };
export type Entries = Readonly<Record<string, Entry>>;
type Answered = {
  readonly item: { readonly code: string };
  readonly count: number | null;
  readonly choice: string | null;
  readonly notApplicable: boolean;
};
export type Fault = { readonly code: string; readonly kind: 'wrong' | 'tooLarge' };

export const BLANK: Entry = { text: '', notApplicable: false };
export const GROUPS = ['beds', 'icu', 'devices', 'previous', 'status', 'staff'] as const;
export type Group = (typeof GROUPS)[number];

export function groupOf(item: Item): Group {
  if (item.kind === 'status') return 'status';
  if (item.kind === 'staffing') return 'staff';
  if (item.moment === 'previous_day') return 'previous';
  if (/^(icu|hcu|severe)_/.test(item.code)) return 'icu';
  if (/^(ventilators|ecmo|hfnc)_/.test(item.code)) return 'devices';
  return 'beds';
}

export function entriesOf(answers: readonly Answered[]): Entries {
  const entry = (answer: Answered): Entry => ({
    text: answer.count !== null ? String(answer.count) : (answer.choice ?? ''),
    notApplicable: answer.notApplicable,
  });
  return Object.fromEntries(answers.map((answer) => [answer.item.code, entry(answer)]));
}

/** What somebody typed or chose; a dash or 「なし」 says that the question does not apply. */
export function entryOf(text: string): Entry {
  const isDash = /^(-|−|ー|－|なし|該当なし|n\/a)$/i.test(text.trim());
  return { text: isDash ? '' : text, notApplicable: isDash };
}

/** The number of a field; null where there is none. */
export function countOf(entry: Entry): number | null {
  const typed = readCount(entry.text);
  return !entry.notApplicable && typed.kind === 'number' ? typed.value : null;
}

export function isChanged(item: Item, now: Entry, before: Entry): boolean {
  if (now.notApplicable !== before.notApplicable) return true;
  if (now.notApplicable) return false;
  if (item.kind !== 'count') return now.text !== before.text;
  const [one, other] = [readCount(now.text), readCount(before.text)];
  return one.kind !== other.kind || (one.kind === 'number' && other.kind === 'number' && one.value !== other.value);
}

export function check(items: readonly Item[], entries: Entries): Fault[] {
  return items.flatMap((item): Fault[] => {
    const entry = entries[item.code] ?? BLANK;
    if (item.kind !== 'count' || entry.notApplicable) return [];
    const typed = readCount(entry.text);
    if (typed.kind === 'wrong') return [{ code: item.code, kind: 'wrong' }];
    const isTooLarge = typed.kind === 'number' && item.max !== null && typed.value > item.max;
    return isTooLarge ? [{ code: item.code, kind: 'tooLarge' }] : [];
  });
}

export type Answer = { item: string; count?: number; choice?: string; notApplicable?: boolean };

/** What is sent. Zero, blank and "does not apply" are three different things: a blank is left out. */
export function answersOf(items: readonly Item[], entries: Entries): Answer[] {
  return items.flatMap((item): Answer[] => {
    const entry = entries[item.code] ?? BLANK;
    if (entry.notApplicable) return [{ item: item.code, notApplicable: true }];
    if (item.kind !== 'count') return entry.text === '' ? [] : [{ item: item.code, choice: entry.text }];
    const count = countOf(entry);
    return count === null ? [] : [{ item: item.code, count }];
  });
}

/** Minutes from now to the moment a day's report is due; below zero when that has passed. */
export function minutesLeft(day: string, due: string, now: number): number {
  return Math.floor((Date.parse(`${day}T${due}:00+09:00`) - now) / 60_000);
}
