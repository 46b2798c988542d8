import { useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { Link, useLocation } from 'wouter';
import { useMe } from '../api/session';
import { BedsDocument, OverviewDocument } from '../gql/capacity';
import { useWork } from '../i18n/work';
import { useClock } from '../lib/clock';
import { Badge, Card, Name, Page, Waiting } from '../ui/parts';

const STALE_H = 24;
const LIVE_MS = 30_000;

/** The beds of each facility of a municipality, each row with the age of its figures. */
export default function Beds({ code: asked }: { code: string | undefined }) {
  const { t, name } = useWork();
  const me = useMe();
  const clock = useClock();
  const [, navigate] = useLocation();
  const home = asked ?? me.territory.code;
  const isArea = /^\d{2}000\d$/.test(home);
  const [{ data, fetching, error }] = useQuery({
    query: OverviewDocument,
    variables: { code: home, day: clock?.day ?? '', before: clock?.day ?? '', week: clock?.day ?? '', items: [] },
    pause: !clock || !isArea,
  });
  if (!clock)
    return (
      <Page title={t.beds.title}>
        <Waiting fetching />
      </Page>
    );
  if (!isArea) return <Board code={home} now={clock.now} />;
  const territory = data?.territory;
  return (
    <Page title={t.beds.title} lead={t.beds.chooseArea}>
      {territory ? (
        <Card>
          {territory.parent ? (
            <p>
              <Link href={`/beds/${territory.parent.code}`}>{t.words.nation}</Link>
            </p>
          ) : null}
          <p className="inline-field">
            <label htmlFor="place">{territory.tier === 'nation' ? t.overview.area : t.beds.municipality}</label>
            <select id="place" value="" onChange={(event) => event.target.value && navigate(`/beds/${event.target.value}`)}>
              <option value="">{t.report.choose}</option>
              {territory.children.edges.map(({ node }) => (
                <option key={node.code} value={node.code}>
                  {name(node.name)}
                </option>
              ))}
            </select>
          </p>
        </Card>
      ) : (
        <Waiting fetching={fetching} error={error} />
      )}
    </Page>
  );
}

function Board({ code, now }: { code: string; now: number }) {
  const { t, num, lang, dayTime } = useWork();
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, fetching, error }, again] = useQuery({ query: BedsDocument, variables: { code, after } });
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) again({ requestPolicy: 'network-only' });
    }, LIVE_MS);
    return () => clearInterval(timer);
  }, [again]);
  const [{ data: head }] = useQuery({
    query: OverviewDocument,
    variables: { code, day: new Date(now).toISOString().slice(0, 10), before: '2000-01-01', week: '2000-01-01', items: [] },
  });
  const connection = data?.territory?.facilities;
  const place = head?.territory;
  return (
    <Page
      title={t.beds.title}
      lead={
        <>
          {place ? (
            <ul className="crumbs">
              {place.parent ? (
                <li>
                  <Link href={`/beds/${place.parent.code}`}>
                    <Name name={place.parent.name} />
                  </Link>
                </li>
              ) : null}
              <li>
                <Name name={place.name} />
              </li>
            </ul>
          ) : null}
          {t.beds.lead}
        </>
      }
    >
      <Card>
        {connection ? (
          <div className="scroll" tabIndex={0} role="group" aria-label={t.beds.title}>
            <table className="table-first">
              <thead>
                <tr>
                  <th scope="col">{t.beds.facility}</th>
                  <th scope="col" className="num">
                    {t.beds.vacant}
                  </th>
                  <th scope="col" className="num">
                    {t.beds.inReady}
                  </th>
                  <th scope="col" className="num">
                    {t.beds.ready}
                  </th>
                  <th scope="col" className="num">
                    {t.beds.severe}
                  </th>
                  <th scope="col" className="num">
                    {t.beds.icu}
                  </th>
                  <th scope="col" className="num">
                    {t.beds.ventilators}
                  </th>
                  <th scope="col">{t.beds.emergency}</th>
                  <th scope="col">{t.beds.asOf}</th>
                </tr>
              </thead>
              <tbody>
                {connection.edges.map(({ node }) => {
                  const report = node.latestReport;
                  const count = (item: string) => report?.answers.find((answer) => answer.item.code === item)?.count ?? null;
                  const choice = report?.answers.find((answer) => answer.item.code === 'status_emergency')?.choice ?? null;
                  const show = (value: number | null) => (value === null ? '—' : num(value));
                  const [ready, used] = [count('beds_ready'), count('infected_in_ready_beds')];
                  const hours = report ? (now - Date.parse(report.asOf)) / 3_600_000 : null;
                  return (
                    <tr key={node.facilityId}>
                      <th scope="row">
                        <Link className="row-link" href={`/facility/${node.facilityId}`} lang={lang === 'en' ? 'ja' : undefined}>
                          {node.name}
                        </Link>
                      </th>
                      <td className="num">
                        <b>{ready === null || used === null ? '—' : num(Math.max(0, ready - used))}</b>
                      </td>
                      <td className="num">{show(used)}</td>
                      <td className="num">{show(ready)}</td>
                      <td className="num">
                        {show(count('severe_beds_occupied'))} / {show(count('severe_beds_ready'))}
                      </td>
                      <td className="num">
                        {show(count('icu_occupied'))} / {show(count('icu_staffed'))}
                      </td>
                      <td className="num">
                        {show(count('ventilators_in_use'))} / {show(count('ventilators_owned'))}
                      </td>
                      <td>{choice ? (t.choices[choice] ?? choice) : '—'}</td>
                      <td className="nowrap">
                        {report && hours !== null ? (
                          <>
                            {dayTime(report.asOf)}{' '}
                            {hours > STALE_H ? (
                              <Badge tone="warn">{t.beds.stale}</Badge>
                            ) : (
                              <span className="quiet">{t.words.age(hours)}</span>
                            )}
                          </>
                        ) : (
                          <Badge tone="bad">! {t.beds.none}</Badge>
                        )}
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        ) : (
          <Waiting fetching={fetching} error={error} />
        )}
        {connection?.pageInfo.hasNextPage || after ? (
          <p className="actions">
            {after ? (
              <button type="button" className="button" onClick={() => setAfter(null)}>
                {t.back}
              </button>
            ) : null}
            {connection?.pageInfo.hasNextPage ? (
              <button type="button" className="button" onClick={() => setAfter(connection.pageInfo.endCursor)}>
                {t.more}
              </button>
            ) : null}
          </p>
        ) : null}
      </Card>
    </Page>
  );
}
