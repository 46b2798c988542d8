import { useQuery } from 'urql';
import { Link } from 'wouter';
import { useMe } from '../api/session';
import { RoundsDocument } from '../gql/allocation';
import type { ProgressFragment } from '../gql/types';
import { useWork } from '../i18n/work';
import { Badge, Card, Page, Waiting } from '../ui/parts';

/** The level of a round whose plan somebody works on, and where that page is. */
export function worksheetOf(round: ProgressFragment, territory: { code: string; tier: string }): string {
  const levels = round.stream.levels;
  const last = levels[levels.length - 1];
  return last === territory.tier
    ? `/rounds/${round.roundId}/sites/${territory.code}`
    : `/rounds/${round.roundId}/plan/${territory.code}`;
}

export function Levels({ round }: { round: ProgressFragment }) {
  const { t, num, dayTime } = useWork();
  return (
    <div className="scroll" tabIndex={0} role="group" aria-label={t.rounds.levels}>
      <table className="table-first">
        <thead>
          <tr>
            <th scope="col">{t.rounds.levels}</th>
            <th scope="col">{t.rounds.due}</th>
            <th scope="col" className="num">
              {t.rounds.committed}
            </th>
            <th scope="col" className="num">
              {t.rounds.granted}
            </th>
            <th scope="col" className="num">
              {t.rounds.released}
            </th>
            <th scope="col" className="num">
              {t.rounds.transit}
            </th>
            <th scope="col" className="num">
              {t.rounds.received}
            </th>
          </tr>
        </thead>
        <tbody>
          {round.levels.map((level) => (
            <tr key={level.level}>
              <th scope="row">
                {t.rounds.level[level.level]} {level.late ? <Badge tone="warn">{t.rounds.late}</Badge> : null}
              </th>
              <td className="nowrap">{dayTime(level.dueAt)}</td>
              <td className="num">
                <span className="bar-cell">
                  <Meter share={level.due === 0 ? 0 : level.committed / level.due} />
                  {num(level.committed)} / {num(level.due)}
                </span>
              </td>
              <td className="num">{num(level.grantedVials)}</td>
              <td className="num">{num(level.releasedVials)}</td>
              <td className="num">{num(level.inTransitVials)}</td>
              <td className="num">{num(level.receivedVials)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Meter({ share, fill }: { share: number; fill?: string }) {
  return (
    <svg className="meter" viewBox="0 0 72 12" aria-hidden="true" preserveAspectRatio="none">
      <rect width="72" height="12" fill="#e8eaf0" />
      <rect width={72 * Math.min(1, Math.max(0, share))} height="12" fill={fill ?? '#0055ad'} />
    </svg>
  );
}

export default function Rounds() {
  const { paren, t, num, longDay, say } = useWork();
  const me = useMe();
  const [{ data, fetching, error }, again] = useQuery({ query: RoundsDocument });
  return (
    <Page title={t.rounds.title}>
      {data?.rounds ? null : <Waiting fetching={fetching} error={error} again={again} />}
      {data && data.rounds.length === 0 ? <p>{t.rounds.none}</p> : null}
      {data?.rounds.map((round) => (
        <Card
          key={round.roundId}
          title={`${t.rounds.round(round.number)} ${say({ ja: round.productDetails.name.ja, en: round.productDetails.name.en })}`}
          aside={<Badge>{say(round.stream.name)}</Badge>}
        >
          <p>
            {t.rounds.delivery}: {longDay(round.deliveryFrom)} – {longDay(round.deliveryTo)} ｜{' '}
            {t.rounds.pack(num(round.packVials))} ｜ {t.rounds.storage[round.productDetails.storage]}
            {round.supplyVials === null ? null : (
              <>
                {' '}
                ｜ {t.rounds.supply} <b>{num(round.supplyVials)}</b> {say(round.productDetails.unit)}
                {paren(`${num(Math.floor(round.supplyVials / round.packVials))} ${t.units.boxes}`)}
              </>
            )}
          </p>
          <Levels round={round} />
          <p className="actions">
            {['ministry', 'prefecture', 'municipality'].includes(me.role) ? (
              <Link className="button primary" href={worksheetOf(round, me.territory)}>
                {worksheetOf(round, me.territory).includes('/sites/') ? t.rounds.sites : t.rounds.worksheet}
              </Link>
            ) : null}
            <Link className="button" href={`/rounds/${round.roundId}`}>
              {t.rounds.progress}
            </Link>
          </p>
        </Card>
      ))}
    </Page>
  );
}
