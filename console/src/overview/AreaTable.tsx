import { useMemo, useState } from 'react';
import { Link } from 'wouter';
import { useWork } from '../i18n/work';
import { saveCsv } from '../lib/csv';
import { breaksOf, classOf, isKeptBack, ITEMS, RAMP, sumOf, valueOf, type Code, type Picture } from '../lib/indicator';
import { Meter } from '../pages/Rounds';
import { Card } from '../ui/parts';

export type Part = {
  code: string;
  name: { readonly ja: string; readonly en: string | null };
  kana: string;
  picture: Picture | null;
};
type Column = 'name' | 'share' | 'inUse' | 'beds' | 'severe' | 'icu' | 'patients' | 'rate';
const FIRST = 12;

/** The areas below, as a table that sorts, filters, prints whole and saves as CSV. */
export function AreaTable({
  title,
  parts,
  day,
  file,
  href,
}: {
  title: string;
  parts: readonly Part[];
  day: string;
  file: string;
  href?: (code: string) => string;
}) {
  const { t, num, pct, name, nameLang } = useWork();
  const [sort, setSort] = useState<{ by: Column; up: boolean }>({ by: 'share', up: false });
  const [filter, setFilter] = useState('');
  const [isAll, setAll] = useState(false);
  const rank = (part: Part, by: Column): number | string | null => {
    const picture = part.picture;
    switch (by) {
      case 'name':
        return part.code;
      case 'share':
        return valueOf(picture, 'ready');
      case 'inUse':
        return sumOf(picture, 'infected_in_ready_beds');
      case 'beds':
        return sumOf(picture, 'beds_ready');
      case 'severe':
        return valueOf(picture, 'severe');
      case 'icu':
        return valueOf(picture, 'icu');
      case 'patients':
        return sumOf(picture, 'infected_inpatients');
      case 'rate':
        return picture?.coverage.permille ?? null;
    }
  };
  const wanted = filter.normalize('NFKC').trim().toLowerCase();
  const rows = useMemo(() => {
    const found = parts.filter(
      (part) =>
        wanted === '' ||
        part.name.ja.includes(wanted) ||
        part.kana.includes(wanted) ||
        (part.name.en ?? '').toLowerCase().includes(wanted) ||
        part.code.startsWith(wanted),
    );
    // what has no figure stands last, whichever way it is sorted
    return [...found].sort((a, b) => {
      const [one, other] = [rank(a, sort.by), rank(b, sort.by)];
      if (one === null || other === null) return one === other ? a.code.localeCompare(b.code) : one === null ? 1 : -1;
      const order = typeof one === 'number' && typeof other === 'number' ? one - other : String(one).localeCompare(String(other));
      return (sort.up ? order : -order) || a.code.localeCompare(b.code);
    });
  }, [parts, wanted, sort]);
  const shown = isAll || wanted !== '' ? rows : rows.slice(0, FIRST);
  const head = (by: Column, label: string, isNumber = true) => (
    <th
      scope="col"
      className={isNumber ? 'num' : ''}
      aria-sort={sort.by === by ? (sort.up ? 'ascending' : 'descending') : undefined}
    >
      <button type="button" onClick={() => setSort({ by, up: sort.by === by ? !sort.up : by === 'name' })}>
        {label}
        <span aria-hidden="true">{sort.by === by ? (sort.up ? '▲' : '▼') : '↕'}</span>
      </button>
    </th>
  );
  const figure = (picture: Picture | null, code: Code) => {
    const value = sumOf(picture, code);
    if (value !== null) return num(value);
    return isKeptBack(picture, code) ? <span title={t.words.notShownWhy}>{t.words.notShown}</span> : '—';
  };
  const pair = (picture: Picture | null, part: Code, whole: Code) => (
    <>
      {figure(picture, part)} / {figure(picture, whole)}
    </>
  );
  const save = () =>
    saveCsv(
      file,
      ['code', 'name_ja', 'name_en', 'day', 'due', 'reported', ...ITEMS],
      rows.map((part) => [
        part.code,
        part.name.ja,
        part.name.en,
        day,
        part.picture?.coverage.due,
        part.picture?.coverage.reported,
        ...ITEMS.map((item) => sumOf(part.picture, item)),
      ]),
    );
  const breaks = breaksOf('ready', []);
  return (
    <Card
      title={title}
      aside={
        <span className="inline-field no-print">
          <label htmlFor="area-filter">{t.overview.filter}</label>
          <input id="area-filter" value={filter} onChange={(event) => setFilter(event.target.value)} />
          <button type="button" className="button" onClick={save}>
            {t.csv}
          </button>
          <button
            type="button"
            className="button"
            onClick={() => {
              setAll(true);
              setTimeout(() => print(), 50);
            }}
          >
            {t.print}
          </button>
        </span>
      }
    >
      <div className="scroll" tabIndex={0} role="group" aria-label={title}>
        <table className="table-first">
          <thead>
            <tr>
              {head('name', t.overview.region, false)}
              {head('share', t.overview.share)}
              {head('inUse', t.overview.inUse)}
              {head('beds', t.overview.beds)}
              {head('severe', t.overview.severe)}
              {head('icu', t.overview.icu)}
              {head('patients', t.overview.patients)}
              {head('rate', t.overview.report)}
            </tr>
          </thead>
          <tbody>
            {shown.map((part) => {
              const share = valueOf(part.picture, 'ready');
              return (
                <tr key={part.code}>
                  <th scope="row">
                    {href ? (
                      <Link className="row-link" href={href(part.code)} lang={nameLang(part.name)}>
                        {name(part.name)}
                      </Link>
                    ) : (
                      <span lang={nameLang(part.name)}>{name(part.name)}</span>
                    )}
                  </th>
                  <td className="num">
                    <span className="bar-cell">
                      <Meter share={(share ?? 0) / 1000} fill={RAMP[Math.max(2, classOf(share ?? 0, breaks))] ?? RAMP[2]} />
                      {share === null ? '—' : pct(share)}
                    </span>
                  </td>
                  <td className="num">{figure(part.picture, 'infected_in_ready_beds')}</td>
                  <td className="num">{figure(part.picture, 'beds_ready')}</td>
                  <td className="num">{pair(part.picture, 'severe_beds_occupied', 'severe_beds_ready')}</td>
                  <td className="num">{pair(part.picture, 'icu_occupied', 'icu_staffed')}</td>
                  <td className="num">{figure(part.picture, 'infected_inpatients')}</td>
                  <td className="num">
                    {part.picture
                      ? `${num(part.picture.coverage.reported)} / ${num(part.picture.coverage.due)}`
                      : t.words.notShown}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {shown.length < rows.length ? (
        <p className="actions no-print" style={{ justifyContent: 'center' }}>
          <button type="button" className="link" onClick={() => setAll(true)}>
            {t.overview.showAll(rows.length)}
          </button>
        </p>
      ) : null}
    </Card>
  );
}
