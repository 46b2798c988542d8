import { useEffect, useState } from 'react';
import { useClient, useQuery } from 'urql';
import { Link, useLocation } from 'wouter';
import { ask } from '../api/graph';
import { rest } from '../api/http';
import { Problem } from '../api/problem';
import { useMe } from '../api/session';
import { FormItemsDocument, MonthDocument, TrendDocument } from '../gql/capacity';
import type { MonthQueryVariables, StampFragment, TrendQueryVariables } from '../gql/types';
import { useWork } from '../i18n/work';
import { useClock } from '../lib/clock';
import { addDays, addMonths, daysBetween, daysOfMonth, monthOf, weekday } from '../lib/day';
import { minutesLeft } from '../lib/report';
import { Badge, Card, Failed, Page, Waiting } from '../ui/parts';

const ASKED_DAYS = 14;
type Revision = {
  id: string;
  revision: number;
  submitted_at: string;
  submitted_by: string;
  reason: string | null;
  warnings: readonly unknown[];
};

/** The reports of a month: done, late, missing; the revisions of a day, and the way to a correction. */
export default function Calendar({ month: asked }: { month: string | undefined }) {
  const { t, longDay, time } = useWork();
  const me = useMe();
  const clock = useClock();
  const client = useClient();
  const [, navigate] = useLocation();
  const key = me.facility?.facilityId ?? new URLSearchParams(location.search).get('facility') ?? '';
  const month = asked ?? (clock ? monthOf(clock.day) : '');
  const [stamps, setStamps] = useState<ReadonlyMap<string, StampFragment> | null>(null);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const [problem, setProblem] = useState<Problem | null>(null);
  const [picked, setPicked] = useState<string | null>(null);
  const [{ data: form }] = useQuery({ query: FormItemsDocument, variables: { code: 'daily' } });
  useEffect(() => {
    if (month === '' || key === '') return;
    let isGone = false;
    // a question names at most fifteen reports
    const days = daysOfMonth(month);
    const parts = [0, ASKED_DAYS, 2 * ASKED_DAYS].map((from) =>
      Array.from({ length: ASKED_DAYS }, (_, index) => addDays(days[0] ?? '', from + index)),
    );
    const load = async () => {
      const answers = await Promise.all(
        parts.map((part) => {
          const variables = { key, ...Object.fromEntries(part.map((day, index) => [`d${index}`, day])) } as MonthQueryVariables;
          return ask(client, MonthDocument, variables);
        }),
      );
      // a day that the nation has no sums of was never opened: nobody had to report
      const nations = await Promise.all(
        parts.map((part) => {
          const variables = {
            code: '000000',
            items: [],
            ...Object.fromEntries(part.map((day, index) => [`d${index}`, day])),
          } as unknown as TrendQueryVariables;
          return ask(client, TrendDocument, variables);
        }),
      );
      const open = nations.flatMap(({ territory }) =>
        Object.values(territory ?? {}).flatMap((value) => (typeof value === 'object' && value !== null ? [value.day] : [])),
      );
      const found = new Map<string, StampFragment>();
      for (const { facility } of answers) {
        for (const value of Object.values(facility ?? {})) {
          if (typeof value === 'object' && value !== null) found.set(value.businessDay, value);
        }
      }
      if (!isGone) {
        setOpened(new Set(open));
        setStamps(found);
      }
    };
    load().catch((failure: unknown) => setProblem(failure instanceof Problem ? failure : null));
    return () => {
      isGone = true;
    };
  }, [client, month, key]);
  if (problem)
    return (
      <Page title={t.calendar.title} narrow>
        <Failed problem={problem} />
      </Page>
    );
  if (!clock || !stamps || !form?.form)
    return (
      <Page title={t.calendar.title} narrow>
        <Waiting fetching />
      </Page>
    );
  const due = form.form.due;
  const window = form.form.correctionDays;
  const days = daysOfMonth(month);
  const stateOf = (day: string): 'done' | 'late' | 'missing' | 'open' | 'future' | 'none' => {
    const stamp = stamps.get(day);
    if (stamp) return minutesLeft(day, due, Date.parse(stamp.submittedAt)) < 0 && stamp.revision === 1 ? 'late' : 'done';
    if (day > clock.day) return 'future';
    if (!opened.has(day)) return 'none';
    return day === clock.day && minutesLeft(day, due, clock.now) >= 0 ? 'open' : 'missing';
  };
  const words = {
    done: t.calendar.done,
    late: t.calendar.late,
    missing: t.calendar.missing,
    open: t.words.unreported,
    future: t.calendar.future,
    none: t.calendar.none,
  };
  const tones = { done: 'good', late: 'warn', missing: 'bad', open: 'info', future: 'plain', none: 'plain' } as const;
  const marks = { done: '✓ ', late: '✓ ', missing: '! ', open: '○ ', future: '', none: '– ' };
  const weeks: (string | null)[][] = [];
  const cells: (string | null)[] = [...Array.from({ length: weekday(days[0] ?? '') }, () => null), ...days];
  while (cells.length % 7 !== 0) cells.push(null);
  for (let from = 0; from < cells.length; from += 7) weeks.push(cells.slice(from, from + 7));
  const count = (state: string) => days.filter((day) => stateOf(day) === state).length;
  const go = (to: string) => {
    setStamps(null);
    setPicked(null);
    navigate(`/reports/${to}`);
  };
  return (
    <Page
      title={t.calendar.title}
      narrow
      lead={t.calendar.summary(count('done') + count('late'), count('late'), count('missing'))}
    >
      <Card
        title={longDay(`${month}-01`).replace(/1日|^1 /, '')}
        aside={
          <span className="inline-field">
            <button type="button" className="button" onClick={() => go(addMonths(month, -1))}>
              {t.calendar.previous}
            </button>
            <button
              type="button"
              className="button"
              disabled={month >= monthOf(clock.day)}
              onClick={() => go(addMonths(month, 1))}
            >
              {t.calendar.next}
            </button>
          </span>
        }
      >
        <table className="calendar">
          <thead>
            <tr>
              {t.calendar.week.map((name) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {weeks.map((week, index) => (
              <tr key={index}>
                {week.map((day, place) => (
                  <td key={place}>
                    {day === null ? null : (
                      <button
                        type="button"
                        aria-pressed={picked === day}
                        disabled={stateOf(day) === 'future' || stateOf(day) === 'none'}
                        onClick={() => setPicked(day)}
                      >
                        <b>
                          {Number(day.slice(8))}
                          {day === clock.day ? <span className="quiet word"> {t.calendar.today}</span> : null}
                        </b>
                        {stateOf(day) === 'future' ? (
                          <span className="visually-hidden">{words.future}</span>
                        ) : (
                          <Badge tone={tones[stateOf(day)]}>
                            {marks[stateOf(day)]}
                            <span className="word">{words[stateOf(day)]}</span>
                          </Badge>
                        )}
                        {stamps.get(day) ? <span className="quiet word"> {time(stamps.get(day)?.submittedAt ?? '')}</span> : null}
                      </button>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </Card>
      {picked === null ? (
        <p className="quiet">{t.calendar.choose}</p>
      ) : (
        <Day
          key={picked}
          facility={key}
          day={picked}
          isOpen={daysBetween(picked, clock.day) <= window}
          has={stamps.has(picked)}
        />
      )}
    </Page>
  );
}

function Day({ facility, day, isOpen, has }: { facility: string; day: string; isOpen: boolean; has: boolean }) {
  const { t, longDay, dayTime } = useWork();
  const [revisions, setRevisions] = useState<readonly Revision[] | null>(has ? null : []);
  const [problem, setProblem] = useState<Problem | null>(null);
  useEffect(() => {
    if (!has) return;
    rest<{ revisions: Revision[] }>('GET', `/v1/facilities/${facility}/reports/${day}?form=daily`)
      .then((answer) => setRevisions(answer.revisions))
      .catch((failure: unknown) => setProblem(failure instanceof Problem ? failure : null));
  }, [facility, day, has]);
  return (
    <Card
      title={`${longDay(day)} ${t.calendar.revisions}`}
      aside={
        isOpen ? (
          <Link className="button primary" href={`/report/${day}`}>
            {has ? t.calendar.correct : t.calendar.make}
          </Link>
        ) : (
          <span className="quiet">{t.calendar.closed}</span>
        )
      }
    >
      {problem ? <Failed problem={problem} /> : null}
      {revisions === null && !problem ? <Waiting fetching /> : null}
      {revisions?.length === 0 ? <p>{t.calendar.missing}</p> : null}
      {revisions && revisions.length > 0 ? (
        <div className="scroll" tabIndex={0} role="group" aria-label={t.calendar.revisions}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.report.revision}</th>
                <th scope="col">{t.report.receivedAt}</th>
                <th scope="col">{t.by}</th>
                <th scope="col">{t.reason}</th>
              </tr>
            </thead>
            <tbody>
              {revisions.map((each) => (
                <tr key={each.id}>
                  <th scope="row">{each.revision}</th>
                  <td className="nowrap">{dayTime(each.submitted_at)}</td>
                  <td>{each.submitted_by}</td>
                  <td>{each.reason ?? ''}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      ) : null}
    </Card>
  );
}
