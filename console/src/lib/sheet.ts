/** The rules of the allocation worksheet, apart from how it looks. */
import { readCount } from './number';

export type Row = { readonly key: string; readonly name: string; readonly computed: number; readonly saved: number };
export type Edits = Readonly<Record<string, number>>;
export type State = { readonly edits: Edits; readonly past: readonly Edits[]; readonly future: readonly Edits[] };
export type Change = readonly [key: string, units: number];

export const EMPTY: State = { edits: {}, past: [], future: [] };
const PAST_MAX = 200;

/** One step that can be undone: a typed number, a paste, a row taken back. */
export function change(state: State, rows: ReadonlyMap<string, Row>, changes: readonly Change[]): State {
  const edits: Record<string, number> = { ...state.edits };
  for (const [key, units] of changes) {
    const row = rows.get(key);
    if (!row || units < 0) continue;
    if (units === row.saved) delete edits[key];
    else edits[key] = units;
  }
  const keys = Object.keys(edits);
  const isSame = keys.length === Object.keys(state.edits).length && keys.every((key) => edits[key] === state.edits[key]);
  return isSame ? state : { edits, past: [...state.past.slice(1 - PAST_MAX), state.edits], future: [] };
}

export function undo(state: State): State {
  const before = state.past[state.past.length - 1];
  return before ? { edits: before, past: state.past.slice(0, -1), future: [state.edits, ...state.future] } : state;
}

export function redo(state: State): State {
  const [next, ...future] = state.future;
  return next ? { edits: next, past: [...state.past, state.edits], future } : state;
}

export const unitsOf = (row: Row, edits: Edits): number => edits[row.key] ?? row.saved;

export const totalOf = (rows: readonly Row[], edits: Edits): number => rows.reduce((sum, row) => sum + unitsOf(row, edits), 0);

export type Pasted = { changes: Change[]; unknown: string[]; wrong: string[]; twice: string[] };

const plain = (text: string) => text.normalize('NFKC').replace(/\s/g, '').toLowerCase();

/**
 * What was copied from a spreadsheet: code or name and number, in two columns or more (the last one counts), or
 * one column of numbers from the row `start` downwards. Blank cells leave a row as it is.
 */
export function paste(text: string, rows: readonly Row[], start: string | null): Pasted {
  const found: Pasted = { changes: [], unknown: [], wrong: [], twice: [] };
  const lines = text.replace(/\r\n?/g, '\n').replace(/\n+$/, '').split('\n');
  const table = lines.map((line) => line.split('\t').map((cell) => cell.trim()));
  const taken = new Map<string, number>();
  const take = (row: Row, cell: string, label: string) => {
    const typed = readCount(cell);
    if (typed.kind === 'wrong') found.wrong.push(label);
    if (typed.kind !== 'number') return;
    if (taken.has(row.key)) found.twice.push(row.name);
    taken.set(row.key, typed.value);
  };
  if (table.every((cells) => cells.length === 1)) {
    const first = Math.max(
      0,
      rows.findIndex((row) => row.key === start),
    );
    table.forEach(([cell = ''], index) => {
      const row = rows[first + index];
      if (row) take(row, cell, row.name);
      else if (cell !== '') found.unknown.push(cell);
    });
  } else {
    const byCode = new Map(rows.map((row) => [row.key, row]));
    const byName = new Map<string, Row | null>();
    // a name that two rows share names none of them
    for (const row of rows) byName.set(plain(row.name), byName.has(plain(row.name)) ? null : row);
    table.forEach((cells, index) => {
      const label = cells[0] ?? '';
      const cell = cells.length > 1 ? (cells[cells.length - 1] ?? '') : '';
      if (label === '' && cell === '') return;
      const row = cells
        .slice(0, -1)
        .map((each) => byCode.get(each) ?? byName.get(plain(each)))
        .find(Boolean);
      // a heading is no row and no mistake
      if (row) take(row, cell, row.name);
      else if (index > 0 || readCount(cell).kind === 'number') found.unknown.push(label);
    });
  }
  found.changes = [...taken];
  return found;
}

/** The slice of rows that can be seen, and some around it. */
export function visible(
  count: number,
  top: number,
  height: number,
  rowHeight: number,
  around = 8,
): readonly [from: number, to: number] {
  const from = Math.max(0, Math.floor(top / rowHeight) - around);
  return [from, Math.min(count, Math.ceil((top + height) / rowHeight) + around)];
}

/** Whole numbers in proportion to weights, largest remainders first, so that they add up exactly. */
export function inProportion(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + weight, 0);
  if (sum <= 0 || total <= 0) return weights.map(() => 0);
  const floors = weights.map((weight) => Math.floor((total * weight) / sum));
  const rest = total - floors.reduce((all, units) => all + units, 0);
  const order = weights
    .map((weight, index) => [(total * weight) % sum, index] as const)
    .sort((a, b) => b[0] - a[0] || a[1] - b[1]);
  for (const [, index] of order.slice(0, rest)) floors[index] = (floors[index] ?? 0) + 1;
  return floors;
}
