import { useState } from 'react';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { useMe } from '../api/session';
import { FacilitiesDocument, OverviewDocument } from '../gql/capacity';
import { useWork } from '../i18n/work';
import { useClock } from '../lib/clock';
import { saveCsv } from '../lib/csv';
import { addDays } from '../lib/day';
import { Meter } from './Rounds';
import { Badge, Card, Name, Notice, Page, Waiting } from '../ui/parts';

/** Who has not reported: areas by what is missing, down to the facilities of a municipality. */
export default function Unreported({ code: asked }: { code: string | undefined }) {
  const { t } = useWork();
  const me = useMe();
  const clock = useClock();
  const code = asked ?? (me.facility ? me.facility.municipality.code : me.territory.code);
  if (!clock)
    return (
      <Page title={t.unreportedPage.title}>
        <Waiting fetching />
      </Page>
    );
  return /^\d{2}000\d$/.test(code) ? <Areas code={code} day={clock.day} /> : <Facilities code={code} day={clock.day} />;
}

function Areas({ code, day }: { code: string; day: string }) {
  const { paren, t, num, pct, name, longDay, dayTime } = useWork();
  const [{ data, fetching, error }, again] = useQuery({
    query: OverviewDocument,
    variables: { code, day, before: addDays(day, -1), week: addDays(day, -7), items: [] },
  });
  const territory = data?.territory;
  if (!territory)
    return (
      <Page title={t.unreportedPage.title}>
        <Waiting fetching={fetching} error={error} again={again} />
      </Page>
    );
  const missing = (picture: { coverage: { due: number; reported: number } } | null) =>
    picture ? picture.coverage.due - picture.coverage.reported : 0;
  const rows = territory.children.edges
    .map((edge) => edge.node)
    .sort((a, b) => missing(b.capacity) - missing(a.capacity) || a.code.localeCompare(b.code));
  const save = () =>
    saveCsv(
      `unreported_${code}_${day}`,
      ['code', 'name_ja', 'day', 'due', 'reported', 'missing'],
      rows.map((row) => [
        row.code,
        row.name.ja,
        day,
        row.capacity?.coverage.due,
        row.capacity?.coverage.reported,
        missing(row.capacity),
      ]),
    );
  const all = territory.capacity;
  return (
    <Page
      title={`${t.unreportedPage.title}${paren(territory.tier === 'nation' ? t.words.nation : name(territory.name))}`}
      lead={
        <>
          {longDay(day)}
          {all ? (
            <>
              {' '}
              ｜ {t.words.reported(num(all.coverage.reported), num(all.coverage.due), pct(all.coverage.permille))} ｜{' '}
              {t.homePage.dueAt} {dayTime(all.dueAt)}
            </>
          ) : null}
        </>
      }
      aside={
        <button type="button" className="button" onClick={save}>
          {t.csv}
        </button>
      }
    >
      <p>{t.unreportedPage.lead}</p>
      <Card>
        <div className="scroll" tabIndex={0} role="group" aria-label={t.unreportedPage.title}>
          <table className="table-first">
            <thead>
              <tr>
                <th scope="col">{t.overview.region}</th>
                <th scope="col" className="num">
                  {t.unreportedPage.missing}
                </th>
                <th scope="col" className="num">
                  {t.unreportedPage.done}
                </th>
                <th scope="col" className="num">
                  {t.unreportedPage.due}
                </th>
                <th scope="col" className="num">
                  {t.unreportedPage.rate}
                </th>
              </tr>
            </thead>
            <tbody>
              {rows.map((row) => (
                <tr key={row.code}>
                  <th scope="row">
                    <Link className="row-link" href={`/unreported/${row.code}`}>
                      <Name name={row.name} />
                    </Link>
                  </th>
                  <td className="num">{row.capacity ? <b>{num(missing(row.capacity))}</b> : '—'}</td>
                  <td className="num">{row.capacity ? num(row.capacity.coverage.reported) : '—'}</td>
                  <td className="num">{row.capacity ? num(row.capacity.coverage.due) : '—'}</td>
                  <td className="num">
                    {row.capacity ? (
                      <span className="bar-cell">
                        <Meter share={(row.capacity.coverage.permille ?? 0) / 1000} />
                        {pct(row.capacity.coverage.permille)}
                      </span>
                    ) : (
                      '—'
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
    </Page>
  );
}

function Facilities({ code, day }: { code: string; day: string }) {
  const { paren, t, lang, name, num, longDay, dayTime, pct } = useWork();
  const me = useMe();
  const [after, setAfter] = useState<string | null>(null);
  const [onlyOpen, setOnlyOpen] = useState(true);
  const [{ data, fetching, error }, again] = useQuery({ query: FacilitiesDocument, variables: { code, day, after } });
  const territory = data?.territory;
  if (!territory)
    return (
      <Page title={t.unreportedPage.title}>
        <Waiting fetching={fetching} error={error} again={again} />
      </Page>
    );
  const { edges, pageInfo } = territory.facilities;
  const rows = edges.map((edge) => edge.node).filter((node) => !onlyOpen || node.report === null);
  const coverage = territory.capacity?.coverage;
  return (
    <Page
      title={`${t.unreportedPage.title}${paren(name(territory.name))}`}
      lead={
        <>
          <ul className="crumbs">
            {territory.parent ? (
              <li>
                <Link href={`/unreported/${territory.parent.code}`}>
                  <Name name={territory.parent.name} />
                </Link>
              </li>
            ) : null}
            <li>
              <Name name={territory.name} />
            </li>
          </ul>
          {longDay(day)}
          {coverage ? <> ｜ {t.words.reported(num(coverage.reported), num(coverage.due), pct(coverage.permille))}</> : null}
        </>
      }
    >
      <p>
        {t.unreportedPage.lead} {t.unreportedPage.dueNote}
      </p>
      <Card>
        <label className="check">
          <input type="checkbox" checked={onlyOpen} onChange={(event) => setOnlyOpen(event.target.checked)} />
          {t.unreportedPage.onlyOpen}
        </label>
        {rows.length === 0 ? (
          <Notice tone="good" title={t.unreportedPage.allDone} />
        ) : (
          <div className="scroll" tabIndex={0} role="group" aria-label={t.unreportedPage.title}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t.unreportedPage.facility}</th>
                  <th scope="col">{t.unreportedPage.kind}</th>
                  <th scope="col">{t.overview.report}</th>
                  <th scope="col">{t.unreportedPage.last}</th>
                  {me.role === 'reporting_proxy' ? <th scope="col">{t.calendar.make}</th> : null}
                </tr>
              </thead>
              <tbody>
                {rows.map((node) => (
                  <tr key={node.facilityId}>
                    <th scope="row">
                      <Link className="row-link" href={`/facility/${node.facilityId}`} lang={lang === 'en' ? 'ja' : undefined}>
                        {node.name}
                      </Link>
                    </th>
                    <td>{node.kind === 'hospital' ? t.unreportedPage.hospital : t.unreportedPage.clinic}</td>
                    <td>
                      {node.report ? (
                        <Badge tone="good">✓ {t.calendar.done}</Badge>
                      ) : (
                        <Badge tone="bad">! {t.unreportedPage.missing}</Badge>
                      )}
                    </td>
                    <td>{node.latestReport ? dayTime(node.latestReport.asOf) : t.unreportedPage.never}</td>
                    {me.role === 'reporting_proxy' ? (
                      <td>
                        <Link className="row-link" href={`/report?facility=${node.facilityId}`}>
                          {t.open}
                        </Link>
                      </td>
                    ) : null}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
        {pageInfo.hasNextPage || after ? (
          <p className="actions">
            {after ? (
              <button type="button" className="button" onClick={() => setAfter(null)}>
                {t.back}
              </button>
            ) : null}
            {pageInfo.hasNextPage ? (
              <button type="button" className="button" onClick={() => setAfter(pageInfo.endCursor)}>
                {t.more}
              </button>
            ) : null}
          </p>
        ) : null}
      </Card>
    </Page>
  );
}
