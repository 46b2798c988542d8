import { describe, expect, it } from 'vitest';
import { en } from '../i18n/en';
import { formats } from '../i18n/format';
import { ja } from '../i18n/ja';
import { workEn } from '../i18n/work.en';
import { workJa } from '../i18n/work.ja';
import { csv } from './csv';
import { addDays, addMonths, daysBetween, daysOfMonth, weekday } from './day';
import { newId } from './id';
import { averages, blankOf, breaksOf, classOf, ITEMS, ticks, valueOf } from './indicator';
import { permille, readCount } from './number';
import { answersOf, check, entriesOf, entryOf, groupOf, isChanged, minutesLeft, type Item } from './report';
import { change, EMPTY, inProportion, paste, redo, totalOf, undo, visible, type Row } from './sheet';

describe('numbers', () => {
  it('understands what people type', () => {
    for (const [text, value] of [
      ['12', 12],
      ['１２', 12],
      ['1,234', 1234],
      ['１，２３４床', 1234],
      [' 7 人', 7],
      ['0', 0],
      ['3箱', 3],
    ] as const) {
      expect(readCount(text)).toEqual({ kind: 'number', value });
    }
    for (const text of ['-1', '1.5', 'x', '12a', '99999999999999999']) expect(readCount(text)).toEqual({ kind: 'wrong' });
    expect(readCount('  ')).toEqual({ kind: 'blank' });
  });
  it('rounds thousandths half up, and knows no share of nothing', () => {
    expect([permille(1, 3), permille(1, 2000), permille(0, 5), permille(1, 0), permille(null, 3)]).toEqual([
      333,
      1,
      0,
      null,
      null,
    ]);
  });
});

describe('days', () => {
  it('are those of Japan, wherever the machine stands', () => {
    expect([addDays('2021-02-28', 1), addDays('2021-01-01', -1), daysBetween('2021-04-05', '2021-05-05')]).toEqual([
      '2021-03-01',
      '2020-12-31',
      30,
    ]);
    expect([daysOfMonth('2024-02').length, weekday('2021-04-05'), addMonths('2021-12', 1), addMonths('2021-01', -1)]).toEqual([
      29,
      1,
      '2022-01',
      '2020-12',
    ]);
    expect(minutesLeft('2021-04-05', '13:00', Date.parse('2021-04-05T03:30:00Z'))).toBe(30);
  });
  it('are written in both languages', () => {
    expect(formats('ja').longDay('2026-11-20')).toBe('2026年11月20日(令和8年)');
    expect(formats('en').longDay('2026-11-20')).toBe('20 November 2026');
    expect(formats('ja').time('2021-04-05T04:05:00Z')).toBe('13:05');
    expect([formats('ja').signed(-3), formats('ja').points(-3), formats('ja').pct(948), formats('ja').pct(null)]).toEqual([
      '\u22123',
      '\u22120.3 pt',
      '94.8%',
      '—',
    ]);
  });
});

describe('the report', () => {
  const item = (code: string, more: Partial<Item> = {}): Item => ({ code, kind: 'count', moment: 'now', max: 100, ...more });
  it('keeps zero, blank and "does not apply" apart', () => {
    const items = [item('a'), item('b'), item('c'), item('d', { kind: 'status' })];
    const entries = {
      a: { text: '０', notApplicable: false },
      b: { text: '', notApplicable: false },
      c: { text: '', notApplicable: true },
      d: { text: 'normal', notApplicable: false },
    };
    expect(answersOf(items, entries)).toEqual([
      { item: 'a', count: 0 },
      { item: 'c', notApplicable: true },
      { item: 'd', choice: 'normal' },
    ]);
  });
  it('takes a dash for "does not apply"', () => {
    expect([entryOf('-'), entryOf('なし'), entryOf('－')].every((entry) => entry.notApplicable)).toBe(true);
    expect(entryOf('0')).toEqual({ text: '0', notApplicable: false });
  });
  it('stops what is no number or too large', () => {
    const entry = (text: string) => ({ text, notApplicable: false });
    expect(check([item('a'), item('b'), item('c')], { a: entry('x'), b: entry('101'), c: entry('100') })).toEqual([
      { code: 'a', kind: 'wrong' },
      { code: 'b', kind: 'tooLarge' },
    ]);
  });
  it('sees a change in what is meant, not in how it is written', () => {
    const entry = (text: string) => ({ text, notApplicable: false });
    expect([
      isChanged(item('a'), entry('１２'), entry('12')),
      isChanged(item('a'), entry(''), entry('0')),
      isChanged(item('a'), entry('3'), entry('2')),
    ]).toEqual([false, true, true]);
    expect(entriesOf([{ item: { code: 'a' }, count: 0, choice: null, notApplicable: false }])).toEqual({
      a: { text: '0', notApplicable: false },
    });
    expect([
      groupOf(item('icu_total')),
      groupOf(item('tests_24h', { moment: 'previous_day' })),
      groupOf(item('beds_total')),
      groupOf(item('x', { kind: 'staffing' })),
    ]).toEqual(['icu', 'previous', 'beds', 'staff']);
  });
});

describe('indicators', () => {
  const picture = (reported: number, figures: readonly (readonly [string, number | null, number])[]) => ({
    coverage: { due: 5, reported, permille: reported * 200 },
    figures: ITEMS.map((item) => {
      const found = figures.find(([code]) => code === item);
      return { sum: found?.[1] ?? null, answered: found?.[2] ?? 0 };
    }),
  });
  it('are shares of what is there, and say why there is none', () => {
    const full = picture(5, [
      ['infected_in_ready_beds', 45, 5],
      ['beds_ready', 100, 5],
    ]);
    expect([valueOf(full, 'ready'), valueOf(full, 'rate'), valueOf(full, 'icu'), valueOf(null, 'ready')]).toEqual([
      450,
      1000,
      null,
      null,
    ]);
    expect(blankOf(picture(0, []), 'ready')).toBe('unreported');
    expect(blankOf(picture(2, [['beds_ready', null, 2]]), 'ready')).toBe('notShown');
    expect(
      blankOf(
        picture(2, [
          ['beds_ready', 0, 2],
          ['infected_in_ready_beds', 0, 2],
        ]),
        'ready',
      ),
    ).toBe('notThere');
  });
  it('fall into five classes', () => {
    expect([0, 199, 200, 699, 700].map((value) => classOf(value, breaksOf('ready', [])))).toEqual([0, 0, 1, 3, 4]);
    const counts = breaksOf('inpatients', [1, 1, 1, 1, 900]);
    expect([...counts].sort((a, b) => a - b)).toEqual(counts);
    expect(new Set(counts).size).toBe(4);
  });
  it('have axes from zero and means of whole weeks only', () => {
    expect([ticks(15_006), ticks(3), ticks(0)]).toEqual([
      [0, 5000, 10000, 15000, 20000],
      [0, 1, 2, 3],
      [0, 1],
    ]);
    expect(averages([1, 2, 3, 4, 5, 6, 7, null])).toEqual([null, null, null, null, null, null, 4, null]);
  });
});

describe('the worksheet', () => {
  const row = (key: string, name: string, saved: number): Row => ({ key, name, computed: saved, saved });
  const rows = [row('011002', '札幌市', 122), row('012025', '函館市', 19), row('012033', '小樽市', 10)];
  const byKey = new Map(rows.map((each) => [each.key, each]));
  it('undoes and redoes step by step, and a number typed back is no change', () => {
    const one = change(EMPTY, byKey, [['011002', 120]]);
    const two = change(one, byKey, [
      ['012025', 20],
      ['012033', 11],
    ]);
    expect([
      totalOf(rows, two.edits),
      totalOf(rows, undo(two).edits),
      totalOf(rows, undo(undo(two)).edits),
      totalOf(rows, redo(undo(two)).edits),
    ]).toEqual([151, 149, 151, 151]);
    expect(change(two, byKey, [['011002', 122]]).edits).toEqual({ '012025': 20, '012033': 11 });
    expect(change(one, byKey, [['011002', 120]])).toBe(one);
    expect(
      change(one, byKey, [
        ['none', 1],
        ['011002', -1],
      ]),
    ).toBe(one);
    expect(undo(EMPTY)).toBe(EMPTY);
  });
  it('takes what a spreadsheet had', () => {
    expect(paste('コード\t箱\r\n011002\t１２０\r\n函館市\t20\r\n知らない町\t3\r\n小樽市\tx\r\n', rows, null)).toEqual({
      changes: [
        ['011002', 120],
        ['012025', 20],
      ],
      unknown: ['知らない町'],
      wrong: ['小樽市'],
      twice: [],
    });
    expect(paste('5\n\n7\n8\n', rows, '012025').changes).toEqual([['012025', 5]]);
    expect(paste('5\n6\n7\n8', rows, '012025')).toEqual({
      changes: [
        ['012025', 5],
        ['012033', 6],
      ],
      unknown: ['7', '8'],
      wrong: [],
      twice: [],
    });
    expect(paste('札幌市\t1\n札幌市\t2', rows, null)).toMatchObject({ changes: [['011002', 2]], twice: ['札幌市'] });
    expect(paste('北海道\t札幌市\t7', rows, null).changes).toEqual([['011002', 7]]);
  });
  it('draws only the rows that can be seen', () => {
    expect(visible(1741, 0, 600, 49)).toEqual([0, 21]);
    expect(visible(1741, 49 * 1000, 600, 49)).toEqual([992, 1021]);
    expect(visible(3, 0, 600, 49)).toEqual([0, 3]);
  });
  it('divides in proportion without losing one', () => {
    expect([inProportion(10, [1, 1, 1]), inProportion(0, [1]), inProportion(5, [0, 0]), inProportion(7, [0, 3, 4])]).toEqual([
      [4, 3, 3],
      [0],
      [0, 0],
      [0, 3, 4],
    ]);
  });
});

describe('files and ids', () => {
  it('write what a spreadsheet opens and does not compute', () => {
    expect(
      csv(
        ['code', 'name'],
        [
          ['011002', '=1+1'],
          [1, 'a,"b"'],
          [null, '-x'],
        ],
      ),
    ).toBe('\uFEFFcode,name\r\n011002,\'=1+1\r\n1,"a,""b"""\r\n,\'-x\r\n');
  });
  it('make ids of version 7 in order', () => {
    const [one, two] = [newId(1_000), newId(2_000)];
    expect(one).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(one < two).toBe(true);
  });
});

describe('the dictionaries', () => {
  it('have the same keys down to the last', () => {
    const keys = (value: unknown, at = ''): string[] =>
      typeof value === 'object' && value !== null
        ? Object.entries(value).flatMap(([key, each]) => keys(each, `${at}.${key}`))
        : [at];
    expect(keys({ ...en, ...workEn })).toEqual(keys({ ...ja, ...workJa }));
  });
  it('have no Japanese left in the English one', () => {
    const texts = (value: unknown): string[] =>
      typeof value === 'string'
        ? [value]
        : typeof value === 'object' && value !== null
          ? Object.values(value).flatMap(texts)
          : [];
    expect(texts({ ...en, ...workEn }).filter((text) => /[\u3040-\u30ff\u4e00-\u9fff]/.test(text))).toEqual(['日本語']);
  });
});
