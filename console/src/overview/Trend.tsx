import { useState } from 'react';
import { useQuery } from 'urql';
import { TrendDocument } from '../gql/capacity';
import type { PointFragment, TrendQueryVariables } from '../gql/types';
import { useWork } from '../i18n/work';
import { addDays } from '../lib/day';
import { averages, ticks } from '../lib/indicator';
import { Card, Notice, Waiting } from '../ui/parts';

const DAYS = 14;
// on a phone the picture is drawn smaller, so that its words are not
const [WIDTH, HEIGHT, LEFT, BOTTOM, TOP] = [innerWidth < 700 ? 340 : 640, innerWidth < 700 ? 260 : 360, 56, 28, 12];

/** Daily bars from zero, the mean of seven days over them, and the ready beds; the same as a table. */
export function Trend({ code, day, name }: { code: string; day: string; name: string }) {
  const { paren, t, num, shortDay } = useWork();
  const [isTable, setTable] = useState(false);
  const days = Array.from({ length: DAYS }, (_, index) => addDays(day, index - DAYS + 1));
  const variables = {
    code,
    items: ['infected_inpatients', 'beds_ready'],
    ...Object.fromEntries(days.map((each, index) => [`d${index}`, each])),
  };
  const [{ data, fetching, error }] = useQuery({ query: TrendDocument, variables: variables as unknown as TrendQueryVariables });
  const points = days.map(
    (_, index) => (data?.territory as Record<string, PointFragment | null> | null | undefined)?.[`d${index}`] ?? null,
  );
  const values = points.map((point) => point?.figures[0]?.sum ?? null);
  const means = averages(values);
  const beds = points.map((point) => point?.figures[1]?.sum ?? null);
  const known = values.filter((value) => value !== null).length;
  const marks = ticks(Math.max(1, ...values.map((value) => value ?? 0), ...beds.map((value) => value ?? 0)));
  const max = marks[marks.length - 1] ?? 1;
  const slot = (WIDTH - LEFT) / DAYS;
  const x = (index: number) => LEFT + index * slot + slot / 2;
  const y = (value: number) => HEIGHT - BOTTOM - (value / max) * (HEIGHT - BOTTOM - TOP);
  const path = (line: readonly (number | null)[]) =>
    line.reduce(
      (text, value, index) =>
        value === null
          ? text
          : `${text}${text === '' || line[index - 1] == null ? 'M' : 'L'}${x(index).toFixed(1)} ${y(value).toFixed(1)}`,
      '',
    );
  const last = values.reduce<number>((found, value, index) => (value === null ? found : index), -1);
  const mean = (value: number | null) => (value === null ? '—' : num(Math.round(value)));
  const summary =
    last < 0
      ? t.overview.trendNone
      : t.overview.trendSummary(
          shortDay(days[last] ?? day),
          num(values[last] ?? 0),
          means[last] == null ? null : mean(means[last] ?? null),
        );
  return (
    <Card
      title={`${t.overview.trend}${paren(name)}`}
      aside={
        <button type="button" className="button no-print" aria-pressed={isTable} onClick={() => setTable(!isTable)}>
          {isTable ? t.overview.asChart : t.overview.asTable}
        </button>
      }
    >
      {data ? null : (
        <div style={{ minHeight: '22rem' }}>
          <Waiting fetching={fetching} error={error} />
        </div>
      )}
      {data && isTable ? (
        <div className="scroll" tabIndex={0} role="group" aria-label={t.overview.trend}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.overview.day}</th>
                <th scope="col" className="num">
                  {t.overview.daily}
                </th>
                <th scope="col" className="num">
                  {t.overview.average}
                </th>
                <th scope="col" className="num">
                  {t.overview.planned}
                </th>
                <th scope="col" className="num">
                  {t.overview.report}
                </th>
              </tr>
            </thead>
            <tbody>
              {days.map((each, index) => {
                const [value, planned, coverage] = [values[index] ?? null, beds[index] ?? null, points[index]?.coverage];
                return (
                  <tr key={each}>
                    <th scope="row">{shortDay(each)}</th>
                    <td className="num">{value === null ? t.words.unreported : num(value)}</td>
                    <td className="num">{mean(means[index] ?? null)}</td>
                    <td className="num">{planned === null ? '—' : num(planned)}</td>
                    <td className="num">{coverage ? `${num(coverage.reported)} / ${num(coverage.due)}` : '—'}</td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      ) : null}
      {data && !isTable ? (
        <>
          <ul className="legend">
            <li>
              <svg viewBox="0 0 22 14" aria-hidden="true">
                <rect width="22" height="14" fill="#9cc1ee" />
              </svg>
              {t.overview.daily}
            </li>
            <li>
              <svg viewBox="0 0 22 14" aria-hidden="true">
                <path d="M0 7h22" stroke="#0b2f66" strokeWidth="3" />
              </svg>
              {t.overview.average}
            </li>
            <li>
              <svg viewBox="0 0 22 14" aria-hidden="true">
                <path d="M0 7h22" stroke="#ac3e00" strokeWidth="2.5" strokeDasharray="5 3" />
              </svg>
              {t.overview.planned}
            </li>
          </ul>
          <p style={{ margin: '.25rem 0' }}>
            <b>{summary}</b>
          </p>
          <svg className="chart" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={summary}>
            {marks.map((mark) => (
              <g key={mark}>
                <path d={`M${LEFT} ${y(mark)}H${WIDTH}`} stroke={mark === 0 ? '#626264' : '#d8dae0'} />
                <text x={LEFT - 6} y={y(mark) + 4} textAnchor="end">
                  {num(mark)}
                </text>
              </g>
            ))}
            {values.map((value, index) =>
              value === null ? null : (
                <rect
                  key={days[index]}
                  x={x(index) - slot * 0.36}
                  width={slot * 0.72}
                  y={y(value)}
                  height={y(0) - y(value)}
                  fill="#9cc1ee"
                >
                  <title>{`${shortDay(days[index] ?? '')} ${num(value)}`}</title>
                </rect>
              ),
            )}
            <path d={path(beds)} fill="none" stroke="#ac3e00" strokeWidth="2.5" strokeDasharray="6 4" />
            {beds.map((value, index) =>
              value !== null && beds[index - 1] == null && beds[index + 1] == null ? (
                <path
                  key={index}
                  d={`M${x(index) - slot / 2} ${y(value)}h${slot}`}
                  stroke="#ac3e00"
                  strokeWidth="2.5"
                  strokeDasharray="6 4"
                />
              ) : null,
            )}
            <path d={path(means)} fill="none" stroke="#0b2f66" strokeWidth="3" />
            {days.map((each, index) =>
              index % (WIDTH < 400 ? 4 : 3) === (DAYS - 1) % (WIDTH < 400 ? 4 : 3) ? (
                <text
                  key={each}
                  x={x(index)}
                  y={HEIGHT - 8}
                  textAnchor="middle"
                >{`${Number(each.slice(5, 7))}/${Number(each.slice(8))}`}</text>
              ) : null,
            )}
          </svg>
          {known <= 1 ? <Notice tone="info" title={known === 0 ? t.overview.trendNone : t.overview.trendEmpty} /> : null}
        </>
      ) : null}
    </Card>
  );
}
