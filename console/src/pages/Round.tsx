import { useQuery } from 'urql';
import { Link } from 'wouter';
import { useMe } from '../api/session';
import { RoundProgressDocument } from '../gql/allocation';
import type { EvenFragment } from '../gql/types';
import { useWork } from '../i18n/work';
import { Badge, Card, Name, Page, Waiting } from '../ui/parts';
import { Levels, worksheetOf } from './Rounds';

/** A round down its levels: how far each is, where it is stuck, and how even it came out. */
export default function Round({ id }: { id: string }) {
  const { t, num, say, longDay } = useWork();
  const me = useMe();
  const isNation = me.territory.tier === 'nation';
  const [{ data, fetching, error }, again] = useQuery({ query: RoundProgressDocument, variables: { id, fair: isNation } });
  const round = data?.round;
  if (!round)
    return (
      <Page title={t.rounds.title}>
        <Waiting fetching={fetching} error={error} again={again} />
      </Page>
    );
  const stuck = round.waiting.flatMap((level) => level.waiting);
  const ppm = (value: number | null) => (value === null ? '—' : (value / 1_000_000).toFixed(4));
  const even: readonly (readonly [string, EvenFragment | null | undefined])[] = [
    [t.rounds.toPrefectures, round.prefectures],
    [t.rounds.toMunicipalities, round.municipalities],
  ];
  return (
    <Page
      title={`${t.rounds.round(round.number)} ${say(round.productDetails.name)}`}
      lead={`${t.rounds.delivery}: ${longDay(round.deliveryFrom)} – ${longDay(round.deliveryTo)}`}
      aside={
        ['ministry', 'prefecture', 'municipality'].includes(me.role) ? (
          <Link className="button primary" href={worksheetOf(round, me.territory)}>
            {worksheetOf(round, me.territory).includes('/sites/') ? t.rounds.sites : t.rounds.worksheet}
          </Link>
        ) : null
      }
    >
      <Card title={t.rounds.progress}>
        <Levels round={round} />
      </Card>
      <div className="grid2">
        <Card title={t.rounds.stuck}>
          {stuck.length === 0 ? (
            <p>{t.rounds.stuckNone}</p>
          ) : (
            <div className="scroll" tabIndex={0} role="group" aria-label={t.rounds.stuck} style={{ maxHeight: '28rem' }}>
              <table>
                <tbody>
                  {stuck.map(({ territory, state }) => (
                    <tr key={territory.code}>
                      <th scope="row">
                        {territory.parent && territory.tier === 'municipality' ? (
                          <span className="quiet">
                            <Name name={territory.parent.name} />{' '}
                          </span>
                        ) : null}
                        <Name name={territory.name} />
                      </th>
                      <td>
                        <Badge tone={state === null ? 'warn' : 'plain'}>
                          {state === null ? t.rounds.noPlan : t.planStates[state]}
                        </Badge>
                      </td>
                      <td>
                        {territory.tier === 'municipality' ? null : (
                          <Link className="row-link" href={`/rounds/${id}/plan/${territory.code}`}>
                            {t.open}
                            <span className="visually-hidden"> {territory.name.ja}</span>
                          </Link>
                        )}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )}
        </Card>
        <div className="page">
          <Card title={t.rounds.shipments}>
            {round.shipmentCounts.states.length === 0 ? (
              <p>{t.nothing}</p>
            ) : (
              <table>
                <tbody>
                  {round.shipmentCounts.states.map((each) => (
                    <tr key={each.state}>
                      <th scope="row">{t.shipmentStates[each.state]}</th>
                      <td className="num">
                        {num(each.shipments)}
                        {t.deliveries.count}
                      </td>
                      <td className="num">
                        {num(each.vials)} {say(round.productDetails.unit)}
                      </td>
                    </tr>
                  ))}
                </tbody>
              </table>
            )}
          </Card>
          {isNation ? (
            <Card title={t.rounds.fairness}>
              <table>
                <thead>
                  <tr>
                    <th scope="col">{t.rounds.levels}</th>
                    <th scope="col" className="num">
                      {t.rounds.gini}
                    </th>
                    <th scope="col" className="num">
                      {t.rounds.jain}
                    </th>
                    <th scope="col" className="num">
                      {t.rounds.ratio}
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {even.map(([label, fairness]) => (
                    <tr key={label}>
                      <th scope="row">{label}</th>
                      <td className="num">{ppm(fairness?.giniPpm ?? null)}</td>
                      <td className="num">{ppm(fairness?.jainPpm ?? null)}</td>
                      <td className="num">{ppm(fairness?.coverageRatioPpm ?? null)}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
              <p className="quiet">{t.rounds.fairnessNote}</p>
            </Card>
          ) : null}
        </div>
      </div>
    </Page>
  );
}
