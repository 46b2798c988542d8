import { useState } from 'react';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { useSession } from '../api/session';
import { PublicDocument } from '../gql/capacity';
import { useWork } from '../i18n/work';
import { useClock } from '../lib/clock';
import { blankOf, breaksOf, INDICATORS, ITEMS, valueOf, type Indicator } from '../lib/indicator';
import { AreaTable } from '../overview/AreaTable';
import { JapanMap, type Area } from '../overview/JapanMap';
import { Tiles } from '../overview/Tiles';
import { Badge, Card, Notice, Page, Waiting } from '../ui/parts';

const NATION = '000000';

/** What everybody may see: the sums of the prefectures, and where they can be had as data. */
export default function Situation() {
  const { paren, t, name, nameLang, num, pct, longDay, dayTime } = useWork();
  const { me } = useSession();
  const clock = useClock();
  const [indicator, setIndicator] = useState<Indicator>('ready');
  const [{ data, fetching, error }, again] = useQuery({
    query: PublicDocument,
    variables: { code: NATION, day: clock?.day ?? '', items: [...ITEMS] },
    pause: !clock,
  });
  const territory = data?.territory;
  if (!territory || !clock)
    return (
      <Page title={t.situation.title}>
        <div style={{ minHeight: '60rem' }}>
          <Waiting fetching={fetching || !clock} error={error} again={again} />
        </div>
      </Page>
    );
  const capacity = territory.capacity;
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
  // what lies below a prefecture is for those who oversee it
  const below = me ? { href: (code: string) => `/overview/${code}` } : {};
  return (
    <Page
      title={t.situation.title}
      lead={
        <>
          {t.situation.lead} {longDay(clock.day)}
          {capacity?.asOf.newest ? <> ｜ {t.words.asOf(dayTime(capacity.asOf.newest))}</> : null}
          {capacity ? (
            <>
              {' '}
              ｜ {t.words.reported(
                num(capacity.coverage.reported),
                num(capacity.coverage.due),
                pct(capacity.coverage.permille),
              )}{' '}
              {capacity.provisional ? <Badge tone="warn">{t.words.provisional}</Badge> : null}
            </>
          ) : null}
        </>
      }
      aside={
        me ? null : (
          <Link className="button" href="/">
            {t.situation.signIn}
          </Link>
        )
      }
    >
      {capacity ? <Tiles now={capacity} before={null} week={null} /> : <Notice tone="info" title={t.overview.noCapacity} />}
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
          <JapanMap areas={areas} breaks={breaks} show={show} title={names[indicator]} {...below} />
        </Card>
        <OpenData />
      </div>
      <AreaTable
        title={`${t.overview.table}${paren(t.overview.count(parts.length))}`}
        parts={parts}
        day={clock.day}
        file={`situation_${clock.day}`}
        {...below}
      />
    </Page>
  );
}

/** What is published, where, and in which form. */
function OpenData() {
  const { t } = useWork();
  const sets: readonly (readonly [name: string, address: string, isLink: boolean])[] = [
    [t.situation.api, '/graphql', false],
    [t.situation.rules, '/v1/rules', true],
    [t.situation.indicators, '/v1/indicators', true],
    [t.situation.goods, '/v1/goods', true],
    [t.situation.pastRounds, '/v1/past-rounds', true],
    [t.situation.plans, '/v1/plans/{plan}/document', false],
  ];
  return (
    <Card title={t.situation.openData}>
      <p>{t.situation.openDataLead}</p>
      <div className="scroll" tabIndex={0} role="group" aria-label={t.situation.openData}>
        <table>
          <thead>
            <tr>
              <th scope="col">{t.situation.dataset}</th>
              <th scope="col">{t.situation.format}</th>
              <th scope="col">{t.situation.address}</th>
            </tr>
          </thead>
          <tbody>
            {sets.map(([name, address, isLink]) => (
              <tr key={address}>
                <th scope="row">{name}</th>
                <td>JSON</td>
                <td className="code">
                  {isLink ? (
                    <a className="row-link" href={address}>
                      {address}
                    </a>
                  ) : (
                    address
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="quiet">
        {t.situation.apiNote} {t.situation.plansNote} <Link href="/developers">{t.nav.developers}</Link>
      </p>
    </Card>
  );
}
