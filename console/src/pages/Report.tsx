import { useCallback, useEffect, useMemo, useRef, useState, type KeyboardEvent } from 'react';
import { useClient, useQuery } from 'urql';
import { Link } from 'wouter';
import { write } from '../api/graph';
import { Problem, type Field } from '../api/problem';
import { useMe } from '../api/session';
import { ReportFormDocument, SubmitReportDocument } from '../gql/capacity';
import type { ItemFragment, ReportFormQuery, SubmitReportMutation } from '../gql/types';
import { useI18n } from '../i18n';
import { useClock } from '../lib/clock';
import { newId } from '../lib/id';
import {
  answersOf,
  BLANK,
  check,
  countOf,
  entriesOf,
  entryOf,
  GROUPS,
  groupOf,
  isChanged,
  minutesLeft,
  type Entries,
  type Entry,
} from '../lib/report';
import { Failed, Notice, Page, Waiting } from '../ui/parts';

type Accepted = Extract<SubmitReportMutation['submitReport'], { __typename: 'ReportAccepted' }>;
const SOON_MIN = 60;

export default function Report({ day }: { day: string | undefined }) {
  const { t } = useI18n();
  const me = useMe();
  const clock = useClock();
  const [key, setKey] = useState(() => me.facility?.facilityId ?? new URLSearchParams(location.search).get('facility') ?? '');
  const wanted = day ?? clock?.day ?? '';
  const [{ data, fetching, error }, again] = useQuery({
    query: ReportFormDocument,
    variables: { key, day: wanted, past: clock !== null && wanted !== clock.day },
    pause: key === '' || clock === null,
    requestPolicy: 'network-only',
  });
  if (key === '') return <Choose onChoose={setKey} />;
  if (!data?.form || !data.facility || !clock)
    return (
      <Page title={t.report.title} narrow>
        <Waiting fetching={fetching || !clock} error={error} again={again} />
      </Page>
    );
  return (
    <Form
      key={`${key}${wanted}`}
      day={wanted}
      now={clock.now}
      form={data.form}
      facility={data.facility}
      reload={() => again({ requestPolicy: 'network-only' })}
    />
  );
}

/** Who reports for several facilities names one first. */
function Choose({ onChoose }: { onChoose: (key: string) => void }) {
  const { t } = useI18n();
  const [text, setText] = useState('');
  return (
    <Page title={t.report.title} narrow>
      <form
        className="card"
        onSubmit={(event) => {
          event.preventDefault();
          if (text.trim()) onChoose(text.trim());
        }}
      >
        <div className="field">
          <label htmlFor="facility">{t.report.facility}</label>
          <p className="hint" id="facility-hint">
            {t.report.facilityHint}
          </p>
          <input id="facility" aria-describedby="facility-hint" value={text} onChange={(event) => setText(event.target.value)} />
        </div>
        <button className="button primary">{t.open}</button>
      </form>
    </Page>
  );
}

type FormProps = {
  day: string;
  now: number;
  form: NonNullable<ReportFormQuery['form']>;
  facility: NonNullable<ReportFormQuery['facility']>;
  reload: () => void;
};

function Form({ day, now, form, facility, reload }: FormProps) {
  const { t, num, signed, say, lang, longDay, shortDay } = useI18n();
  const client = useClient();
  const own = facility.report ?? (facility.latestReport?.businessDay === day ? facility.latestReport : null);
  const source = own ?? facility.latestReport;
  const before = useMemo(() => entriesOf(source?.answers ?? []), [source]);
  const draftKey = `meguri.draft.${facility.facilityId}.${day}`;
  const [entries, setEntries] = useState<Entries>(() => {
    const kept = sessionStorage.getItem(draftKey);
    return kept ? (JSON.parse(kept) as Entries) : before;
  });
  const [hadDraft] = useState(() => sessionStorage.getItem(draftKey) !== null);
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [faults, setFaults] = useState<readonly (Field & { item: string })[]>([]);
  const [attempt, setAttempt] = useState(0);
  const [isBusy, setBusy] = useState(false);
  const [accepted, setAccepted] = useState<Accepted | null>(null);
  const sent = useRef<{ id: string; text: string } | null>(null);
  const at = useRef<HTMLDivElement>(null);

  const items = form.items;
  const changed = items.filter((item) => isChanged(item, entries[item.code] ?? BLANK, before[item.code] ?? BLANK));
  useEffect(() => {
    if (accepted) return;
    if (changed.length > 0) sessionStorage.setItem(draftKey, JSON.stringify(entries));
    else sessionStorage.removeItem(draftKey);
  }, [entries, changed.length, draftKey, accepted]);
  useEffect(() => {
    // the form is what the page is for: the first number is ready to be typed over
    at.current?.querySelector<HTMLInputElement>('input')?.focus({ preventScroll: true });
  }, []);

  const set = useCallback((code: string, entry: Entry) => setEntries((all) => ({ ...all, [code]: entry })), []);
  const send = async () => {
    const local = check(items, entries).map((fault) => {
      const max = num(items.find((item) => item.code === fault.code)?.max ?? 0);
      const text = fault.kind === 'wrong' ? t.report.wrong : t.report.tooLarge(max);
      return { item: fault.code, path: `answers.${fault.code}`, code: `console.${fault.kind}`, ja: text, en: text };
    });
    setProblem(null);
    setFaults(local);
    setAttempt((count) => count + 1);
    if (local.length > 0) return;
    const answers = answersOf(items, entries);
    const body = {
      facility: facility.facilityId,
      form: form.code,
      businessDay: day,
      replacesRevision: own?.revision ?? null,
      reason: own && reason ? reason : null,
      answers,
    };
    const text = JSON.stringify(body);
    // the same content keeps its id, so that it is safe to send again what was not answered
    if (sent.current?.text !== text) sent.current = { id: newId(now), text };
    setBusy(true);
    try {
      const { submitReport: answer } = await write(client, SubmitReportDocument, { input: { id: sent.current.id, ...body } });
      if (answer.__typename === 'ReportAccepted') {
        sessionStorage.removeItem(draftKey);
        setAccepted(answer);
        scrollTo(0, 0);
      } else {
        const fields = answer.__typename === 'ReportRejected' ? answer.errors : [];
        setFaults(fields.map((field) => ({ ...field, item: field.path.replace(/^(answers|values)\./, '') })));
        setProblem(new Problem(answer.code, answer.message));
      }
    } catch (failure) {
      setProblem(
        failure instanceof Problem ? failure : new Problem('console.failed', { ja: String(failure), en: String(failure) }),
      );
    } finally {
      setBusy(false);
    }
  };

  const onKey = (event: KeyboardEvent<HTMLDivElement>) => {
    if (event.key !== 'Enter' || event.nativeEvent.isComposing) return;
    if (event.ctrlKey || event.metaKey) {
      event.preventDefault();
      if (!isBusy) void send();
      return;
    }
    const target = event.target;
    if (!(target instanceof HTMLInputElement) || target.type !== 'text') return;
    event.preventDefault();
    const fields = [...(at.current?.querySelectorAll<HTMLElement>('input[type=text], select') ?? [])];
    fields[fields.indexOf(target) + (event.shiftKey ? -1 : 1)]?.focus();
  };

  if (accepted)
    return (
      <Receipt
        accepted={accepted}
        items={items}
        facility={facility.name}
        again={() => {
          setAccepted(null);
          reload();
        }}
      />
    );
  const left = minutesLeft(day, form.due, now);
  const span = (minutes: number) => t.report.hours(Math.floor(minutes / 60), minutes % 60);
  const noChangeOff = !source ? t.report.noChangeNone : changed.length > 0 ? t.report.noChangeOff(changed.length) : null;
  return (
    <Page
      narrow
      title={t.report.title}
      lead={
        <>
          <b lang={lang === 'en' ? 'ja' : undefined}>{facility.name}</b> ｜ {t.report.forDay} <b>{longDay(day)}</b>
        </>
      }
    >
      <div className={`deadline ${left < 0 ? 'over' : left < SOON_MIN ? 'soon' : ''}`}>
        <span>
          {t.report.due(form.due)}
          <strong>{left >= 0 ? t.report.left(span(left)) : t.report.late(span(-left))}</strong>
        </span>
        <span>
          <button
            type="button"
            className="button"
            disabled={noChangeOff !== null || isBusy}
            aria-describedby="no-change"
            onClick={() => void send()}
          >
            {t.report.noChange}
          </button>
        </span>
        <span id="no-change" className="quiet" style={{ flexBasis: '100%' }} hidden={noChangeOff === null}>
          {noChangeOff}
        </span>
      </div>
      {own ? <Notice tone="info" title={t.report.correcting(own.revision)} /> : null}
      <p>
        {source ? t.report.prefilled(shortDay(source.businessDay)) : t.report.prefilledNone}
        {hadDraft && changed.length > 0 ? (
          <>
            {' '}
            {t.report.draftKept}{' '}
            <button type="button" className="link" onClick={() => setEntries(before)}>
              {t.report.discard}
            </button>
          </>
        ) : null}
      </p>
      {problem && faults.length === 0 ? (
        <Failed problem={problem} {...(problem.code === 'report.stale_revision' ? { again: reload } : {})} />
      ) : null}
      {faults.length > 0 ? (
        <Notice key={attempt} tone="bad" focus title={t.report.errors(faults.length)}>
          <ul>
            {faults.map((fault) => {
              const item = items.find((each) => each.code === fault.item);
              return (
                <li key={fault.path + fault.code}>
                  <a
                    href={`#item-${fault.item}`}
                    onClick={(event) => {
                      event.preventDefault();
                      document.getElementById(`item-${fault.item}`)?.focus();
                    }}
                  >
                    {item ? `${say(item.label)}: ` : ''}
                    {say(fault)}
                  </a>
                </li>
              );
            })}
          </ul>
        </Notice>
      ) : null}
      <div ref={at} onKeyDown={onKey} className="page">
        {GROUPS.map((group) => {
          const own = items.filter((item) => groupOf(item) === group);
          return own.length === 0 ? null : (
            <fieldset key={group}>
              <legend>{t.report.groups[group]}</legend>
              <div className="items">
                <span className="head">{t.report.item}</span>
                <span className="head num">{t.report.before}</span>
                <span className="head">{t.report.today}</span>
                <span className="head">{t.report.difference}</span>
                {own.map((item) => (
                  <Line
                    key={item.code}
                    item={item}
                    entry={entries[item.code] ?? BLANK}
                    before={before[item.code] ?? BLANK}
                    fault={faults.find((fault) => fault.item === item.code)}
                    set={set}
                    num={num}
                    signed={signed}
                  />
                ))}
              </div>
            </fieldset>
          );
        })}
        {own ? (
          <div className="card">
            <label className="label" htmlFor="reason">
              {t.report.reason}
            </label>
            <input
              id="reason"
              type="text"
              style={{ width: '100%' }}
              maxLength={500}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
            />
          </div>
        ) : null}
      </div>
      <p className="quiet">
        {t.report.window(form.correctionDays)} <Link href="/reports">{t.nav.reports}</Link>
      </p>
      <div className="sticky-bar">
        <p className="quiet">
          <span aria-live="polite">{t.report.changed(changed.length)}</span> ｜ {t.report.draft}
          <br />
          {t.report.keys}
        </p>
        <button type="button" className="button primary" disabled={isBusy} onClick={() => void send()}>
          {isBusy ? `${t.report.sending}…` : own ? t.report.submitCorrection : t.report.submit}
        </button>
      </div>
    </Page>
  );
}

type LineProps = {
  item: ItemFragment;
  entry: Entry;
  before: Entry;
  fault: Field | undefined;
  set: (code: string, entry: Entry) => void;
  num: (value: number) => string;
  signed: (value: number) => string;
};

function Line({ item, entry, before, fault, set, num, signed }: LineProps) {
  const { t, say, lang } = useI18n();
  const [isFocused, setFocused] = useState(false);
  const has = isChanged(item, entry, before);
  const id = `item-${item.code}`;
  const words = item.kind === 'staffing' ? t.staffing : t.choices;
  const [now, earlier] = [countOf(entry), countOf(before)];
  const show = (each: Entry) =>
    each.notApplicable
      ? t.report.notApplicable
      : each.text === ''
        ? '—'
        : item.kind === 'count'
          ? countOf(each) === null
            ? each.text
            : num(countOf(each) ?? 0)
          : (words[each.text] ?? each.text);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (isFocused) field.current?.select();
  }, [isFocused]);
  const common = { id, 'aria-invalid': fault !== undefined, 'aria-describedby': `${id}-about` };
  return (
    <>
      <div className="line" />
      <div className="label-cell">
        <label htmlFor={id}>{say(item.label)}</label>{' '}
        <span className="quiet nowrap">{t.moments[item.moment] ?? item.moment}</span>
      </div>
      <div className="num previous">
        <span className="visually-hidden">{t.report.before} </span>
        {show(before)}
      </div>
      <div className={`input ${has ? 'changed' : ''}`}>
        {item.kind === 'count' ? (
          <input
            {...common}
            ref={field}
            type="text"
            inputMode="numeric"
            autoComplete="off"
            value={
              entry.notApplicable
                ? isFocused
                  ? '-'
                  : t.report.notApplicable
                : isFocused || countOf(entry) === null
                  ? entry.text
                  : num(countOf(entry) ?? 0)
            }
            onFocus={() => setFocused(true)}
            onBlur={() => setFocused(false)}
            onChange={(event) => set(item.code, entryOf(event.target.value))}
          />
        ) : (
          <select
            {...common}
            value={entry.notApplicable ? '-' : entry.text}
            onChange={(event) => set(item.code, entryOf(event.target.value))}
          >
            <option value="">{t.report.unanswered}</option>
            {(item.choices ?? []).map((choice) => (
              <option key={choice} value={choice}>
                {words[choice] ?? choice}
              </option>
            ))}
            <option value="-">{t.report.notApplicable}</option>
          </select>
        )}
        <span>{t.units[item.unit] ?? item.unit}</span>
      </div>
      <div className={`diff ${has ? 'is-changed' : ''}`} lang={lang}>
        {!has ? t.words.unchanged : now !== null && earlier !== null ? signed(now - earlier) : show(entry)}
      </div>
      <div className="message" id={`${id}-about`}>
        {fault ? <p className="error">× {say(fault)}</p> : null}
      </div>
    </>
  );
}

function Receipt({
  accepted,
  items,
  facility,
  again,
}: {
  accepted: Accepted;
  items: readonly ItemFragment[];
  facility: string;
  again: () => void;
}) {
  const { t, say, dayTime, longDay, lang } = useI18n();
  return (
    <Page narrow title={t.report.receipt} lead={<b lang={lang === 'en' ? 'ja' : undefined}>{facility}</b>}>
      <Notice tone="good" focus title={t.report.receipt}>
        <dl className="facts">
          <dt>{t.report.receiptNo}</dt>
          <dd className="code">{accepted.id}</dd>
          <dt>{t.report.receivedAt}</dt>
          <dd>{dayTime(accepted.submittedAt)}</dd>
          <dt>{t.report.forDay}</dt>
          <dd>{longDay(accepted.businessDay)}</dd>
          <dt>{t.report.revision}</dt>
          <dd>{accepted.revision}</dd>
        </dl>
      </Notice>
      {accepted.warnings.length > 0 ? (
        <Notice tone="warn" title={t.report.warned}>
          <ul>
            {accepted.warnings.map((warning) => {
              const item = items.find((each) => warning.path.endsWith(`.${each.code}`));
              return (
                <li key={warning.path + warning.code}>
                  {item ? `${say(item.label)}: ` : ''}
                  {say(warning)}
                </li>
              );
            })}
          </ul>
        </Notice>
      ) : null}
      <p className="actions">
        <Link className="button primary" href="/reports">
          {t.report.toCalendar}
        </Link>
        <button type="button" className="button" onClick={again}>
          {t.report.again}
        </button>
        <button type="button" className="button" onClick={() => print()}>
          {t.print}
        </button>
      </p>
    </Page>
  );
}
