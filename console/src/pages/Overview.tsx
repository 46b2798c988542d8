import { useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { Link, useLocation, useSearchParams } from 'wouter';
import { useMe } from '../api/session';
import { FacilitiesDocument, OverviewDocument } from '../gql/capacity';
import { useWork } from '../i18n/work';
import { useClock } from '../lib/clock';
import { addDays } from '../lib/day';
import { blankOf, breaksOf, INDICATORS, ITEMS, valueOf, type Indicator } from '../lib/indicator';
import { AreaTable } from '../overview/AreaTable';
import { JapanMap, type Area } from '../overview/JapanMap';
import { Mosaic } from '../overview/Mosaic';
import { Tiles } from '../overview/Tiles';
import { Trend } from '../overview/Trend';
import { Badge, Card, Name, Notice, Page, Waiting } from '../ui/parts';

const LIVE_MS = 30_000;
const NATION = '000000';
const HOME_ROLES = [
  'prefecture',
  'municipality',
  'health_centre',
  'reporting_proxy',
  'coordination_hq',
  'fire_service',
  'medical_association',
];

export default function Overview({ code: asked }: { code: string | undefined }) {
  const me = useMe();
  const clock = useClock();
  const { t } = useWork();
  const [search] = useSearchParams();
  const code = asked ?? (HOME_ROLES.includes(me.role) ? me.territory.code : NATION);
  const day = search.get('day') ?? clock?.day;
  return day ? (
    <Picture code={code} day={day} today={clock?.day ?? day} />
  ) : (
    <Page title={t.overview.title}>
      <Waiting fetching />
    </Page>
  );
}

function Picture({ code, day, today }: { code: string; day: string; today: string }) {
  const { paren, t, name, num, pct, longDay, dayTime, nameLang } = useWork();
  const [, navigate] = useLocation();
  const [, setSearch] = useSearchParams();
  const [indicator, setIndicator] = useState<Indicator>('ready');
  const [{ data, fetching, error }, again] = useQuery({
    query: OverviewDocument,
    variables: { code, day, before: addDays(day, -1), week: addDays(day, -7), items: [...ITEMS] },
  });
  useEffect(() => {
    const timer = setInterval(() => {
      if (!document.hidden) again({ requestPolicy: 'network-only' });
    }, LIVE_MS);
    return () => clearInterval(timer);
  }, [again]);
  const territory = data?.territory;
  const href = (to: string) => `/overview/${to}${day === today ? '' : `?day=${day}`}`;
  if (!territory)
    return (
      <Page title={t.overview.title}>
        <div style={{ minHeight: '60rem' }}>
          <Waiting fetching={fetching} error={error} again={again} />
        </div>
      </Page>
    );
  const capacity = territory.capacity;
  const own = territory.tier === 'nation' ? t.words.nation : name(territory.name);
  const parts = territory.children.edges.map(({ node }) => ({
    code: node.code,
    name: node.name,
    kana: node.name.kana,
    picture: node.capacity,
  }));
  const areas: Area[] = parts.map((part) => ({
    code: part.code,
    name: name(part.name),
    nameLang: nameLang(part.name),
    value: valueOf(part.picture, indicator),
    blank: t.words[blankOf(part.picture, indicator)],
  }));
  const breaks = breaksOf(
    indicator,
    areas.flatMap((area) => area.value ?? []),
  );
  const show = (value: number) => (indicator === 'inpatients' ? num(value) : pct(value));
  const names: Record<Indicator, string> = {
    ready: t.overview.readyOccupancy,
    severe: t.overview.severeOccupancy,
    icu: t.overview.icuOccupancy,
    inpatients: t.overview.inpatients,
    rate: t.overview.rate,
  };
  const sayDay = (to: string) => setSearch(to === today || to === '' ? {} : { day: to });
  return (
    <Page
      title={`${t.overview.title}${territory.tier === 'nation' ? '' : `${paren(own)}`}`}
      lead={
        <>
          {territory.tier === 'nation' ? null : (
            <ul className="crumbs">
              <li>
                <Link href={href(NATION)}>{t.words.nation}</Link>
              </li>
              {territory.parent && territory.parent.code !== NATION ? (
                <li>
                  <Link href={href(territory.parent.code)}>
                    <Name name={territory.parent.name} />
                  </Link>
                </li>
              ) : null}
              <li>
                <Name name={territory.name} />
              </li>
            </ul>
          )}
          {capacity ? (
            <>
              {longDay(day)} ｜ {capacity.asOf.newest ? <>{t.words.asOf(dayTime(capacity.asOf.newest))} ｜ </> : null}
              {t.words.reported(
                num(capacity.coverage.reported),
                num(capacity.coverage.due),
                pct(capacity.coverage.permille),
              )}{' '}
              {capacity.provisional ? <Badge tone="warn">{t.words.provisional}</Badge> : null}
            </>
          ) : (
            longDay(day)
          )}
        </>
      }
      aside={
        <>
          <span className="inline-field">
            <label htmlFor="day">{t.overview.ofDay}</label>
            <input id="day" type="date" value={day} max={today} onChange={(event) => sayDay(event.target.value)} />
          </span>
          {territory.tier === 'municipality' ? null : (
            <Link className="button" href={`/unreported/${code}`}>
              {t.overview.whoNot}
            </Link>
          )}
        </>
      }
    >
      {capacity ? (
        <Tiles now={capacity} before={territory.before} week={territory.week} />
      ) : (
        <Notice tone="info" title={t.overview.noCapacity} />
      )}
      {parts.length > 0 ? (
        <div className="grid2">
          <Card
            title={`${names[indicator]} ${t.overview.map}`}
            aside={
              <span className="inline-field no-print">
                <label htmlFor="indicator">{t.overview.indicator}</label>
                <select id="indicator" value={indicator} onChange={(event) => setIndicator(event.target.value as Indicator)}>
                  {INDICATORS.map((each) => (
                    <option key={each} value={each}>
                      {names[each]}
                    </option>
                  ))}
                </select>
              </span>
            }
          >
            {territory.tier === 'nation' ? (
              <>
                <p className="inline-field no-print">
                  <label htmlFor="area">{t.overview.area}</label>
                  <select id="area" value="" onChange={(event) => event.target.value && navigate(href(event.target.value))}>
                    <option value="">{t.words.nation}</option>
                    {parts.map((part) => (
                      <option key={part.code} value={part.code}>
                        {name(part.name)}
                      </option>
                    ))}
                  </select>
                </p>
                <JapanMap areas={areas} breaks={breaks} show={show} title={names[indicator]} href={href} />
              </>
            ) : (
              <Mosaic areas={areas} breaks={breaks} show={show} href={href} />
            )}
          </Card>
          <Trend code={code} day={day} name={own} />
        </div>
      ) : null}
      {parts.length > 0 ? (
        <AreaTable
          title={`${t.overview.table}${paren(`${own} ${t.overview.count(parts.length)}`)}`}
          parts={parts}
          day={day}
          file={`overview_${code}_${day}`}
          href={href}
        />
      ) : (
        <Facilities code={code} day={day} />
      )}
      <p className="quiet no-print">
        {t.overview.live} ｜ <Link href="/help">{t.help.title}</Link>
      </p>
    </Page>
  );
}

/** The facilities of a municipality. */
function Facilities({ code, day }: { code: string; day: string }) {
  const { t, lang, dayTime } = useWork();
  const [{ data, fetching, error }] = useQuery({ query: FacilitiesDocument, variables: { code, day, after: null } });
  const edges = data?.territory?.facilities.edges;
  return (
    <Card
      title={t.overview.facilitiesOf}
      aside={
        <Link className="button no-print" href={`/beds/${code}`}>
          {t.overview.bedBoard}
        </Link>
      }
    >
      {edges ? (
        <div className="scroll" tabIndex={0} role="group" aria-label={t.overview.facilitiesOf}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.facility.title}</th>
                <th scope="col">{t.facility.kind}</th>
                <th scope="col">{t.overview.report}</th>
                <th scope="col">{t.facility.asOf}</th>
              </tr>
            </thead>
            <tbody>
              {edges.map(({ node }) => (
                <tr key={node.facilityId}>
                  <th scope="row">
                    <Link className="row-link" href={`/facility/${node.facilityId}`} lang={lang === 'en' ? 'ja' : undefined}>
                      {node.name}
                    </Link>
                  </th>
                  <td>{node.kind === 'hospital' ? t.unreportedPage.hospital : t.unreportedPage.clinic}</td>
                  <td>
                    {node.report ? (
                      <Badge tone="good">✓ {t.facility.revision(node.report.revision)}</Badge>
                    ) : (
                      <Badge tone="bad">! {t.words.unreported}</Badge>
                    )}
                  </td>
                  <td>{node.report ? dayTime(node.report.asOf) : node.latestReport ? dayTime(node.latestReport.asOf) : '—'}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : (
        <Waiting fetching={fetching} error={error} />
      )}
    </Card>
  );
}
