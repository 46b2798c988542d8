import { useCallback, useEffect, useMemo, useState } from 'react';
import { useClient, useQuery } from 'urql';
import { Link } from 'wouter';
import { ask, write } from '../api/graph';
import { Problem } from '../api/problem';
import { useMe } from '../api/session';
import { AssignedDocument, AssignToSitesDocument, ReleaseLinesDocument, SitesDocument } from '../gql/allocation';
import type { SitesQuery } from '../gql/types';
import { useWork } from '../i18n/work';
import { newId } from '../lib/id';
import { readCount } from '../lib/number';
import { inProportion } from '../lib/sheet';
import { Card, Failed, Name, Notice, Page, Waiting } from '../ui/parts';

type Site = NonNullable<NonNullable<SitesQuery['round']>['takingSites']>['edges'][number]['node'];

/** Who stands last in a stream gives vials to sites, and releases what was given hub by hub. */
export default function Assign({ round: roundId, holder }: { round: string; holder: string }) {
  const { paren, t, num, say, lang } = useWork();
  const me = useMe();
  const client = useClient();
  const [{ data, fetching, error }, again] = useQuery({ query: AssignedDocument, variables: { round: roundId, holder } });
  const [sites, setSites] = useState<readonly Site[] | null>(null);
  const [typed, setTyped] = useState<Readonly<Record<string, string>>>({});
  const [problem, setProblem] = useState<Problem | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [count, setCount] = useState(0);
  useEffect(() => {
    let isGone = false;
    const load = async () => {
      const all: Site[] = [];
      let after: string | null = null;
      do {
        const page: SitesQuery = await ask(client, SitesDocument, { round: roundId, holder, after });
        const connection: NonNullable<SitesQuery['round']>['takingSites'] = page.round?.takingSites ?? null;
        all.push(...(connection?.edges.map((edge) => edge.node) ?? []));
        after = connection?.pageInfo.hasNextPage ? connection.pageInfo.endCursor : null;
      } while (after !== null);
      if (!isGone) setSites(all);
    };
    load().catch((failure: unknown) => !isGone && setProblem(failure instanceof Problem ? failure : null));
    return () => {
      isGone = true;
    };
  }, [client, roundId, holder, count]);
  const reload = useCallback(() => {
    again({ requestPolicy: 'network-only' });
    setCount((now) => now + 1);
  }, [again]);
  const round = data?.round;
  const lines = round?.plan?.lines.edges.map((edge) => edge.node) ?? [];
  const hubs = useMemo(() => {
    const waiting = new Map(
      lines.filter((line) => line.state === 'planned' || line.state === 'notified').map((line) => [line.recipient, line.units]),
    );
    const found = new Map<string, { hub: Site; vials: number }>();
    for (const site of sites ?? []) {
      const hub = sites?.find((each) => each.siteId === (site.hub ?? site.siteId));
      const vials = waiting.get(site.siteId) ?? 0;
      if (!hub || vials === 0) continue;
      const group = found.get(hub.siteId) ?? { hub, vials: 0 };
      found.set(hub.siteId, { hub, vials: group.vials + vials });
    }
    return [...found.values()];
  }, [lines, sites]);
  if (!round || !sites)
    return (
      <Page title={t.assign.title}>
        {problem ? <Failed problem={problem} /> : <Waiting fetching={fetching || !sites} error={error} again={reload} />}
      </Page>
    );

  const isMine = me.territory.code === holder && ['municipality', 'prefecture'].includes(me.role);
  const available = round.granted?.availableVials ?? 0;
  const counts = sites.map((site) => readCount(typed[site.siteId] ?? ''));
  const sum = counts.reduce((all, each) => all + (each.kind === 'number' ? each.value : 0), 0);
  const left = available - sum;
  const isWrong = counts.some((each) => each.kind === 'wrong');
  const unit = say(round.productDetails.unit);
  const run = async (act: () => Promise<{ message: string } | Problem>) => {
    setBusy(true);
    setProblem(null);
    setDone(null);
    try {
      const outcome = await act();
      if (outcome instanceof Problem) setProblem(outcome);
      else {
        setDone(outcome.message);
        setTyped({});
        reload();
      }
    } catch (failure) {
      if (failure instanceof Problem) setProblem(failure);
    } finally {
      setBusy(false);
    }
  };
  const assign = () =>
    run(async () => {
      const given = sites.flatMap((site, index) => {
        const each = counts[index];
        return each?.kind === 'number' && each.value > 0 ? [{ site: site.siteId, vials: each.value }] : [];
      });
      const { assignToSites: answer } = await write(client, AssignToSitesDocument, {
        input: { id: newId(), round: roundId, holder, sites: given },
      });
      if (answer.__typename === 'PlanMoved') return { message: t.assign.done(given.length, num(sum)) };
      return new Problem(answer.code, answer.message, 'errors' in answer ? answer.errors : []);
    });
  const release = (hub: string) =>
    run(async () => {
      const { releaseLines: answer } = await write(client, ReleaseLinesDocument, {
        input: { id: newId(), round: roundId, holder, hub, sites: null },
      });
      if (answer.__typename === 'LinesReleased') return { message: t.assign.released(num(answer.vials), num(answer.boxes)) };
      return new Problem(answer.code, answer.message, answer.errors);
    });
  const fill = () => {
    const units = inProportion(
      available,
      sites.map((site) => site.wishVials ?? 0),
    );
    setTyped(Object.fromEntries(sites.map((site, index) => [site.siteId, units[index] ? String(units[index]) : ''])));
  };
  return (
    <Page
      title={t.assign.title}
      lead={
        <>
          <b>{data.territory ? <Name name={data.territory.name} /> : holder}</b> ｜{' '}
          <Link href={`/rounds/${roundId}`}>{t.rounds.round(round.number)}</Link> {say(round.productDetails.name)} ｜{' '}
          {t.rounds.pack(num(round.packVials))}
        </>
      }
    >
      <div aria-live="polite">{done ? <Notice tone="good" title={done} /> : null}</div>
      {problem ? <Failed problem={problem} /> : null}
      {round.granted ? null : <Notice tone="info" title={t.assign.noGrant} />}
      <div className="totals" role="group" aria-label={t.total}>
        <dl>
          <div>
            <dt>{t.assign.granted}</dt>
            <dd>
              {num(round.granted?.grantedVials ?? 0)} <small>{unit}</small>
            </dd>
          </div>
          <div>
            <dt>{t.assign.typed}</dt>
            <dd>{num(sum)}</dd>
          </div>
          <div className={left < 0 ? 'over' : ''}>
            <dt>{t.assign.available}</dt>
            <dd>
              {left < 0 ? `\u2212${num(-left)}` : num(left)} <small>{left < 0 ? `× ${t.assign.over}` : ''}</small>
            </dd>
          </div>
        </dl>
        {isMine ? (
          <p className="actions">
            <button type="button" className="button" disabled={available === 0} onClick={fill}>
              {t.assign.fill}
            </button>
            <button
              type="button"
              className="button primary"
              disabled={isBusy || sum === 0 || left < 0 || isWrong}
              onClick={() => void assign()}
            >
              {t.assign.submit}
            </button>
          </p>
        ) : null}
      </div>
      <Card>
        <p className="quiet">{t.assign.lead}</p>
        <div className="scroll" tabIndex={0} role="group" aria-label={t.assign.title}>
          <table className="table-first">
            <thead>
              <tr>
                <th scope="col">{t.assign.site}</th>
                <th scope="col">{t.assign.kind}</th>
                <th scope="col" className="num">
                  {t.assign.wish}
                </th>
                <th scope="col" className="num">
                  {t.assign.stock}
                </th>
                <th scope="col" className="num">
                  {t.assign.coming}
                </th>
                <th scope="col" className="num">
                  {t.assign.freezer}
                </th>
                <th scope="col" className="num">
                  {t.assign.already}
                </th>
                {isMine ? (
                  <th scope="col" className="num">
                    {t.assign.typed}
                  </th>
                ) : null}
              </tr>
            </thead>
            <tbody>
              {sites.map((site) => (
                <tr key={site.siteId}>
                  <th scope="row" lang={lang === 'en' ? 'ja' : undefined}>
                    {site.name}
                  </th>
                  <td>{t.assign.kinds[site.kind] ?? site.kind}</td>
                  <td className="num">{site.wishVials === null ? '—' : num(site.wishVials)}</td>
                  <td className="num">{site.stock ? num(site.stock.availableVials) : '—'}</td>
                  <td className="num">{site.stock ? num(site.stock.inTransitVials) : '—'}</td>
                  <td className="num">{site.freezer ? num(site.freezer.vials) : '—'}</td>
                  <td className="num">{num(site.grantedVials)}</td>
                  {isMine ? (
                    <td className="num">
                      <input
                        className="num"
                        style={{ width: '6.5rem' }}
                        inputMode="numeric"
                        autoComplete="off"
                        aria-label={`${site.name} ${t.assign.typed}`}
                        aria-invalid={readCount(typed[site.siteId] ?? '').kind === 'wrong'}
                        value={typed[site.siteId] ?? ''}
                        disabled={available === 0}
                        onChange={(event) => setTyped({ ...typed, [site.siteId]: event.target.value })}
                      />
                    </td>
                  ) : null}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      <Card title={t.assign.releaseTitle}>
        <p className="quiet">{t.assign.releaseLead}</p>
        {hubs.length === 0 ? (
          <p>{t.assign.nothing}</p>
        ) : (
          <ul className="duties">
            {hubs.map(({ hub, vials }) => (
              <li key={hub.siteId}>
                <span>
                  <b lang="ja">{hub.name}</b> {num(vials)} {unit}
                  {paren(t.assign.boxes(num(Math.floor(vials / round.packVials)), num(vials % round.packVials)))}
                </span>
                {isMine || (me.role === 'prefecture' && holder.startsWith(me.territory.code.slice(0, 2))) ? (
                  <button type="button" className="button" disabled={isBusy} onClick={() => void release(hub.siteId)}>
                    {t.assign.release}
                    <span className="visually-hidden"> {hub.name}</span>
                  </button>
                ) : null}
              </li>
            ))}
          </ul>
        )}
      </Card>
    </Page>
  );
}
