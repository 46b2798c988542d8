import { useEffect, type ReactNode } from 'react';
import { useQuery } from 'urql';
import { Link, useLocation } from 'wouter';
import { useMe } from '../api/session';
import { RoundsDocument } from '../gql/allocation';
import { FacilitiesDocument, ReportFormDocument } from '../gql/capacity';
import { DeliveriesDocument, IncomingDocument } from '../gql/distribution';
import type { ProgressFragment } from '../gql/types';
import { useWork } from '../i18n/work';
import { useClock } from '../lib/clock';
import { useNotices } from '../lib/notices';
import { minutesLeft } from '../lib/report';
import { entriesOf } from '../ui/Layout';
import { Badge, Card, Name, Notice, Page, Waiting } from '../ui/parts';
import { worksheetOf } from './Rounds';

/** Today's duties and notices of the role. Both are read off the services: nothing is kept for this page alone. */
export default function Home() {
  const { t, longDay, time, lang } = useWork();
  const me = useMe();
  const clock = useClock();
  const [path, navigate] = useLocation();
  useEffect(() => {
    if (path === '/sign-in') navigate('/', { replace: true });
  }, [path, navigate]);
  const place = me.facility ? (
    <span lang={lang === 'en' ? 'ja' : undefined}>{me.facility.name}</span>
  ) : me.territory.tier === 'nation' ? null : (
    <Name name={me.territory.name} />
  );
  const isDesk = ['ministry', 'prefecture', 'municipality'].includes(me.role);
  return (
    <Page
      title={t.home}
      lead={
        <>
          <b>
            {t.roles[me.role] ?? me.role} {place}
          </b>
          {clock ? (
            <>
              {' '}
              ｜ {longDay(clock.day)} {time(new Date(clock.now).toISOString())}
            </>
          ) : null}
        </>
      }
    >
      <div className="grid2">
        <div className="page">
          <Card title={t.homePage.duties}>
            {me.facility ? <Reporting facility={me.facility.facilityId} /> : null}
            {me.facility ? <Receipts facility={me.facility.facilityId} /> : null}
            {isDesk || me.role === 'health_centre' ? <Missing code={me.territory.code} /> : null}
            {isDesk ? <Plans /> : null}
            {me.role === 'wholesaler' ? <Shipments /> : null}
            {['auditor', 'operator', 'maker'].includes(me.role) ? <p>{t.homePage.noDuties}</p> : null}
            {me.role === 'reporting_proxy' ? <Duty what={t.homePage.reportToday} href="/report" /> : null}
          </Card>
          <Card title={t.homePage.notices}>
            <Notices hasRounds={isDesk || me.role === 'health_centre' || me.role === 'auditor'} />
          </Card>
        </div>
        <Card title={t.homePage.shortcut}>
          <ul className="duties">
            {entriesOf(me)
              .filter(([at]) => at !== '/')
              .map(([at, key]) => (
                <li key={at}>
                  <Link href={at} className="row-link">
                    {t.nav[key]}
                  </Link>
                </li>
              ))}
            <li>
              <Link href="/situation" className="row-link">
                {t.nav.situation}
              </Link>
            </li>
            <li>
              <Link href="/developers" className="row-link">
                {t.nav.developers}
              </Link>
            </li>
          </ul>
        </Card>
      </div>
    </Page>
  );
}

function Duty({ what, href, due, badge }: { what: ReactNode; href: string; due?: string; badge?: ReactNode }) {
  const { t } = useWork();
  return (
    <ul className="duties">
      <li>
        <span>
          {what} {badge}
          {due ? (
            <span className="quiet">
              {' '}
              {t.homePage.dueAt} {due}
            </span>
          ) : null}
        </span>
        <Link href={href} className="button">
          {t.open}
        </Link>
      </li>
    </ul>
  );
}

function Reporting({ facility }: { facility: string }) {
  const { t, dayTime } = useWork();
  const clock = useClock();
  const [{ data, fetching, error }] = useQuery({
    query: ReportFormDocument,
    variables: { key: facility, day: clock?.day ?? '', past: false },
    pause: !clock,
  });
  if (!data?.form || !clock) return <Waiting fetching={fetching} error={error} />;
  const latest = data.facility?.latestReport;
  const report = latest?.businessDay === clock.day ? latest : null;
  if (report)
    return (
      <Notice tone="good" title={t.homePage.reportDone(report.revision, dayTime(report.submittedAt))}>
        <Link href="/report">{t.calendar.correct}</Link>
      </Notice>
    );
  const left = minutesLeft(clock.day, data.form.due, clock.now);
  const words = left < 0 ? t.homePage.reportLate : t.report.left(t.report.hours(Math.floor(left / 60), left % 60));
  return (
    <Duty
      what={<b>{t.homePage.reportToday}</b>}
      href="/report"
      due={data.form.due}
      badge={<Badge tone={left < 60 ? 'warn' : 'info'}>{words}</Badge>}
    />
  );
}

function Receipts({ facility }: { facility: string }) {
  const { t } = useWork();
  const [{ data }] = useQuery({ query: IncomingDocument, variables: { territory: null, facility, after: null } });
  const waiting =
    data?.shipments.edges.filter(({ node }) => node.receivedAt === null && ['dispatched', 'delivered'].includes(node.state))
      .length ?? 0;
  return waiting > 0 ? <Duty what={t.homePage.receipts(String(waiting))} href="/incoming" /> : null;
}

function Missing({ code }: { code: string }) {
  const { t, num, dayTime } = useWork();
  const clock = useClock();
  const me = useMe();
  const isMunicipality = me.territory.tier === 'municipality';
  const [{ data }] = useQuery({
    query: FacilitiesDocument,
    variables: { code, day: clock?.day ?? '', after: null },
    pause: !clock || !isMunicipality,
  });
  const capacity = data?.territory?.capacity;
  const missing = capacity ? capacity.coverage.due - capacity.coverage.reported : null;
  if (!isMunicipality) return <Duty what={t.nav.unreported} href="/unreported" />;
  return missing === null || missing === 0 ? null : (
    <Duty
      what={t.homePage.unreported(num(missing))}
      href="/unreported"
      due={dayTime(capacity?.dueAt ?? '')}
      badge={<Badge tone="warn">{t.words.unreported}</Badge>}
    />
  );
}

function Plans() {
  const { t, num, dayTime } = useWork();
  const me = useMe();
  const [{ data, fetching, error }] = useQuery({ query: RoundsDocument });
  if (!data) return <Waiting fetching={fetching} error={error} />;
  const level = (round: ProgressFragment) => round.levels.find((each) => each.level === me.territory.tier);
  return (
    <>
      {data.rounds.map((round) => {
        const own = level(round);
        if (!own) return null;
        const state =
          own.committed > 0 && own.committed === own.due
            ? t.planStates.committed
            : own.states.map((each) => (each.state === null ? t.rounds.noPlan : t.planStates[each.state])).join(', ');
        const below = round.levels
          .filter((each) => each.level !== own.level)
          .reduce((sum, each) => sum + each.due - each.committed, 0);
        const badge = own.late ? (
          <Badge tone="warn">{t.rounds.late}</Badge>
        ) : own.committed === own.due && own.due > 0 ? (
          <Badge tone="good">✓</Badge>
        ) : null;
        return (
          <div key={round.roundId}>
            <Duty
              what={t.homePage.plan(t.rounds.round(round.number), state ?? '')}
              href={worksheetOf(round, me.territory)}
              due={dayTime(own.dueAt)}
              badge={badge}
            />
            {below > 0 ? <Duty what={t.homePage.stuckBelow(num(below))} href={`/rounds/${round.roundId}`} /> : null}
          </div>
        );
      })}
    </>
  );
}

function Shipments() {
  const { t } = useWork();
  const [{ data, fetching, error }] = useQuery({
    query: DeliveriesDocument,
    variables: { branch: null, state: ['ordered', 'scheduled', 'picked', 'dispatched', 'failed'], after: null },
  });
  if (!data) return <Waiting fetching={fetching} error={error} />;
  const { edges, pageInfo } = data.shipments;
  const overdue = edges.filter(({ node }) => node.overdue).length;
  if (edges.length === 0) return <p>{t.homePage.noDuties}</p>;
  return (
    <Duty
      what={t.homePage.shipments(`${edges.length}${pageInfo.hasNextPage ? '+' : ''}`)}
      href="/deliveries"
      badge={overdue > 0 ? <Badge tone="warn">{t.homePage.shipmentOverdue(overdue)}</Badge> : null}
    />
  );
}

function Notices({ hasRounds }: { hasRounds: boolean }) {
  const { t, num, say } = useWork();
  const { page } = useNotices('unread', 20);
  const [{ data }] = useQuery({ query: RoundsDocument, pause: !hasRounds });
  const late =
    data?.rounds.flatMap((round) => round.levels.filter((level) => level.late).map((level) => ({ round, level }))) ?? [];
  const unread = page?.notices ?? [];
  if (late.length + unread.length === 0) return <p>{page ? t.homePage.noticesNone : `${t.loading}…`}</p>;
  return (
    <ul className="duties">
      {unread.slice(0, 5).map((notice) => (
        <li key={notice.notice}>
          <span>
            <Badge tone={notice.kind === 'alert' ? 'bad' : 'info'}>{t.noticesPage.kinds[notice.kind] ?? notice.kind}</Badge>{' '}
            {say(notice.text.title)}
          </span>
        </li>
      ))}
      {unread.length > 0 ? (
        <li>
          <b>{t.noticesPage.count(`${num(unread.length)}${page?.next ? '+' : ''}`)}</b>
          <Link className="button" href="/notices">
            {t.open}
          </Link>
        </li>
      ) : null}
      {late.map(({ round, level }) => (
        <li key={round.roundId + level.level}>
          <span>
            {t.rounds.round(round.number)}: {t.homePage.lateLevel(t.rounds.level[level.level] ?? level.level)}
          </span>
          <Link className="button" href={`/rounds/${round.roundId}`}>
            {t.open}
          </Link>
        </li>
      ))}
    </ul>
  );
}
