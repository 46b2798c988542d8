import { memo, useCallback, useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { useWork } from '../i18n/work';
import { readCount } from '../lib/number';
import { unitsOf, visible, type Change, type Edits, type Row } from '../lib/sheet';
import { Badge } from '../ui/parts';

export type GridRow = Row & {
  flags: readonly string[];
  state: string;
  reason: string | null;
  by: string | null;
  cursor: string;
  before: string | null;
  population: number | null;
  wish: number | null;
  stock: number | null;
};
const ROW_PX = 49;

type Props = {
  rows: readonly GridRow[];
  edits: Edits;
  unitVials: number;
  canEdit: boolean;
  here: string | null;
  onHere: (key: string) => void;
  onChange: (changes: readonly Change[]) => void;
  columns: { stock: boolean };
};

/** Only the rows that can be seen are drawn, so that 1,741 of them stay fluid. */
export function Grid({ rows, edits, unitVials, canEdit, here, onHere, onChange, columns }: Props) {
  const { paren, t } = useWork();
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, height: 608 });
  const wanted = useRef<string | null>(null);
  const onScroll = useCallback(() => {
    const at = box.current;
    if (at) setView({ top: at.scrollTop, height: at.clientHeight });
  }, []);
  useEffect(() => {
    // a keyboard step to a row that had not been drawn
    if (wanted.current === null) return;
    const input = box.current?.querySelector<HTMLInputElement>(`input[data-key='${wanted.current}']`);
    if (input) {
      wanted.current = null;
      input.focus();
      input.select();
    }
  });
  const [from, to] = visible(rows.length, view.top, view.height, ROW_PX);
  const go = useCallback(
    (index: number) => {
      const row = rows[index];
      const at = box.current;
      if (!row || !at) return;
      wanted.current = row.key;
      const top = index * ROW_PX;
      if (top < at.scrollTop) at.scrollTop = top;
      else if (top + 2 * ROW_PX > at.scrollTop + at.clientHeight) at.scrollTop = top + 2 * ROW_PX - at.clientHeight;
      setView((now) => ({ ...now, top: at.scrollTop }));
      onHere(row.key);
    },
    [rows, onHere],
  );
  const columnCount = 6 + (columns.stock ? 1 : 0);
  return (
    <div className="sheet" ref={box} onScroll={onScroll} tabIndex={0} role="group" aria-label={t.sheet.title}>
      <table aria-rowcount={rows.length + 1}>
        <colgroup>
          <col style={{ width: '9.5rem' }} />
          <col style={{ width: '6.5rem' }} />
          {columns.stock ? <col style={{ width: '7.5rem' }} /> : null}
          <col style={{ width: '8.5rem' }} />
          <col style={{ width: '6.5rem' }} />
          <col style={{ width: '13rem' }} />
          <col style={{ width: '7rem' }} />
        </colgroup>
        <thead>
          <tr aria-rowindex={1}>
            <th scope="col">{t.sheet.place}</th>
            <th scope="col" className="num">
              {t.sheet.population}
            </th>
            {columns.stock ? (
              <th scope="col" className="num">
                {t.sheet.stock} <small>{t.units.vials}</small>
              </th>
            ) : null}
            <th scope="col" className="num">
              {t.sheet.wish} <small>{t.units.vials}</small>
            </th>
            <th scope="col" className="num">
              {t.sheet.computed}
            </th>
            <th scope="col" className="num">
              {t.sheet.typed}
              {paren(t.sheet.unit)}
            </th>
            <th scope="col" className="num">
              {t.sheet.difference}
            </th>
          </tr>
        </thead>
        <tbody>
          <tr className="spacer" aria-hidden="true">
            <td colSpan={columnCount} style={{ height: from * ROW_PX }} />
          </tr>
          {rows.slice(from, to).map((row, offset) => (
            <Line
              key={row.key}
              row={row}
              index={from + offset}
              units={unitsOf(row, edits)}
              isEdited={edits[row.key] !== undefined}
              unitVials={unitVials}
              canEdit={canEdit}
              isHere={here === row.key}
              hasStock={columns.stock}
              onHere={onHere}
              onChange={onChange}
              onGo={go}
            />
          ))}
          <tr className="spacer" aria-hidden="true">
            <td colSpan={columnCount} style={{ height: (rows.length - to) * ROW_PX }} />
          </tr>
        </tbody>
      </table>
    </div>
  );
}

type LineProps = {
  row: GridRow;
  index: number;
  units: number;
  isEdited: boolean;
  unitVials: number;
  canEdit: boolean;
  isHere: boolean;
  hasStock: boolean;
  onHere: (key: string) => void;
  onChange: (changes: readonly Change[]) => void;
  onGo: (index: number) => void;
};

const Line = memo(function Line({ row, index, units, isEdited, canEdit, isHere, hasStock, onHere, onChange, onGo }: LineProps) {
  const { t, num, signed, lang } = useWork();
  const [draft, setDraft] = useState<string | null>(null);
  const typed = draft === null ? null : readCount(draft);
  const isWrong = typed?.kind === 'wrong';
  const difference = units - row.computed;
  const settle = () => {
    if (typed?.kind === 'number') onChange([[row.key, typed.value]]);
    if (typed?.kind === 'blank') onChange([[row.key, row.saved]]);
    if (!isWrong) setDraft(null);
  };
  const step = (by: number) => {
    setDraft(null);
    onChange([[row.key, Math.max(0, units + by)]]);
  };
  const onKey = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.nativeEvent.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' || event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      settle();
      onGo(index + (event.key === 'ArrowUp' || (event.key === 'Enter' && event.shiftKey) ? -1 : 1));
    } else if (event.key === '+' || event.key === ';') step(1);
    else if (event.key === '-') step(-1);
    else if (event.key === 'Escape') setDraft(null);
    else return;
    event.preventDefault();
  };
  const value = (figure: number | null) => (figure === null ? '—' : num(figure));
  return (
    <tr
      className={`${isEdited ? 'changed' : ''} ${isHere ? 'here' : ''}`}
      aria-rowindex={index + 2}
      onClick={() => onHere(row.key)}
    >
      <th scope="row" title={row.name}>
        <span lang={lang === 'en' ? 'ja' : undefined}>{row.name}</span>
        {row.flags.length > 0 ? (
          <>
            {' '}
            <Badge tone="warn">{row.flags.map((flag) => t.sheet.flags[flag] ?? flag).join(', ')}</Badge>
          </>
        ) : null}
      </th>
      <td className="num">{value(row.population)}</td>
      {hasStock ? <td className="num">{value(row.stock)}</td> : null}
      <td className="num">{value(row.wish)}</td>
      <td className="num">
        <button
          type="button"
          className="why"
          aria-label={`${t.sheet.whyOf(row.name)} ${num(row.computed)}`}
          onClick={() => onHere(row.key)}
        >
          {num(row.computed)}
        </button>
      </td>
      <td className="num">
        {canEdit ? (
          <span className="entry">
            <button
              type="button"
              className="button step"
              aria-label={`${row.name} ${t.sheet.less}`}
              disabled={units === 0}
              onClick={() => step(-1)}
              tabIndex={-1}
            >
              −
            </button>
            <input
              data-key={row.key}
              inputMode="numeric"
              autoComplete="off"
              aria-label={`${row.name} ${t.sheet.typed}`}
              aria-invalid={isWrong}
              value={draft ?? num(units)}
              onFocus={(event) => {
                onHere(row.key);
                event.target.select();
              }}
              onChange={(event) => setDraft(event.target.value)}
              onBlur={settle}
              onKeyDown={onKey}
            />
            <button
              type="button"
              className="button step"
              aria-label={`${row.name} ${t.sheet.more}`}
              onClick={() => step(1)}
              tabIndex={-1}
            >
              ＋
            </button>
          </span>
        ) : (
          num(units)
        )}
      </td>
      <td className="num">
        {difference === 0 ? <span className="quiet">{t.words.unchanged}</span> : <b>{signed(difference)}</b>}
      </td>
    </tr>
  );
});
