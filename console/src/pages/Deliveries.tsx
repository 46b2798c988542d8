import { useCallback, useEffect, useMemo, useState } from 'react';
import { useQuery } from 'urql';
import { Link } from 'wouter';
import { Problem } from '../api/problem';
import { useMe } from '../api/session';
import { CompanyDocument, DeliveriesDocument, ShipmentDocument } from '../gql/distribution';
import type { CardFragment, ShipmentQuery, ShipmentState } from '../gql/types';
import { useWork } from '../i18n/work';
import { useClock } from '../lib/clock';
import { newId } from '../lib/id';
import { readCount } from '../lib/number';
import { flush, sendAnswer, waiting } from '../lib/outbox';
import { Badge, Card, Failed, Name, Notice, Page, Waiting } from '../ui/parts';

const OPEN: readonly ShipmentState[] = ['ordered', 'scheduled', 'picked', 'dispatched', 'failed'];
const FLUSH_MS = 15_000;

export default function Deliveries({ id }: { id: string | undefined }) {
  return id ? <One id={id} /> : <List />;
}

/** What waits in this browser, and what the server refused of it. */
function useOutbox(reload: () => void) {
  const [count, setCount] = useState(() => waiting().length);
  const [refused, setRefused] = useState<readonly Problem[]>([]);
  const look = useCallback(() => setCount(waiting().length), []);
  useEffect(() => {
    const run = () => {
      if (waiting().length === 0) return;
      void flush().then((problems) => {
        if (problems.length > 0) setRefused(problems);
        look();
        reload();
      });
    };
    run();
    const timer = setInterval(run, FLUSH_MS);
    addEventListener('online', run);
    return () => {
      clearInterval(timer);
      removeEventListener('online', run);
    };
  }, [reload, look]);
  return { count, refused, look };
}

function List() {
  const { paren, t, num, say, shortDay } = useWork();
  const clock = useClock();
  const [branch, setBranch] = useState('');
  const [isDone, setDone] = useState(false);
  const [after, setAfter] = useState<string | null>(null);
  const state = isDone ? (['delivered', 'returned', 'lost', 'cancelled', 'unfulfillable'] as const) : OPEN;
  const [{ data, fetching, error }, again] = useQuery({
    query: DeliveriesDocument,
    variables: { branch: branch || null, state: [...state], after },
  });
  const reload = useCallback(() => again({ requestPolicy: 'network-only' }), [again]);
  const outbox = useOutbox(reload);
  const nodes = useMemo(() => data?.shipments.edges.map((edge) => edge.node) ?? [], [data]);
  const me = useMe();
  const [{ data: company }] = useQuery({
    query: CompanyDocument,
    variables: { code: me.partner ?? '' },
    pause: !me.partner || me.partner.includes('-'),
  });
  const branches = company?.wholesaler?.branches ?? [];
  const today = clock?.day ?? '';
  const groups: readonly (readonly [string, readonly CardFragment[]])[] = isDone
    ? [[t.deliveries.done, nodes]]
    : [
        [t.deliveries.today, nodes.filter((node) => node.deliveryOn !== null && node.deliveryOn <= today)],
        [t.deliveries.whenLater, nodes.filter((node) => node.deliveryOn === null)],
        [t.deliveries.later, nodes.filter((node) => node.deliveryOn !== null && node.deliveryOn > today)],
      ];
  return (
    <Page narrow title={t.deliveries.title} lead={clock ? shortDay(clock.day) : null}>
      {outbox.count > 0 ? (
        <Notice tone="warn" live title={t.deliveries.queued(outbox.count)}>
          <p>{t.deliveries.queuedNote}</p>
        </Notice>
      ) : null}
      {outbox.refused.map((problem, index) => (
        <Failed key={index} problem={problem} />
      ))}
      <div className="toolbar">
        {branches.length > 1 ? (
          <span className="inline-field">
            <label htmlFor="branch">{t.deliveries.branch}</label>
            <select
              id="branch"
              value={branch}
              onChange={(event) => {
                setBranch(event.target.value);
                setAfter(null);
              }}
            >
              <option value="">{t.deliveries.all}</option>
              {branches.map((each) => (
                <option key={each.code} value={each.code}>
                  {say(each.name)}
                </option>
              ))}
            </select>
          </span>
        ) : null}
        <label className="check">
          <input
            type="checkbox"
            checked={isDone}
            onChange={(event) => {
              setDone(event.target.checked);
              setAfter(null);
            }}
          />
          {t.deliveries.done}
        </label>
      </div>
      {data ? null : <Waiting fetching={fetching} error={error} again={reload} />}
      {data && nodes.length === 0 ? <p>{t.deliveries.empty}</p> : null}
      {groups.map(([title, shipments]) =>
        shipments.length === 0 ? null : (
          <section key={title} aria-label={title}>
            <h2>
              {title}
              {paren(num(shipments.length))}
            </h2>
            <ul className="stack">
              {shipments.map((shipment) => (
                <li key={shipment.shipmentId} className="job">
                  <Job
                    shipment={shipment}
                    reload={() => {
                      outbox.look();
                      reload();
                    }}
                  />
                </li>
              ))}
            </ul>
          </section>
        ),
      )}
      {data?.shipments.pageInfo.hasNextPage ? (
        <button type="button" className="button" onClick={() => setAfter(data.shipments.pageInfo.endCursor)}>
          {t.more}
        </button>
      ) : null}
    </Page>
  );
}

export function StateBadge({ shipment }: { shipment: CardFragment }) {
  const { t } = useWork();
  const tone =
    shipment.receivedAt !== null || shipment.state === 'delivered'
      ? 'good'
      : ['failed', 'lost', 'unfulfillable', 'returned'].includes(shipment.state)
        ? 'bad'
        : 'info';
  return (
    <>
      <Badge tone={tone}>{t.shipmentStates[shipment.state]}</Badge>
      {shipment.overdue ? (
        <>
          {' '}
          <Badge tone="warn">{t.deliveries.overdue}</Badge>
        </>
      ) : null}
    </>
  );
}

function Job({ shipment, reload }: { shipment: CardFragment; reload: () => void }) {
  const { paren, t, num, say, shortDay } = useWork();
  return (
    <>
      <div className="job-head">
        <h3 lang="ja">{shipment.to.name}</h3>
        <StateBadge shipment={shipment} />
      </div>
      <p>
        <b>
          {num(shipment.boxes)} {t.units.boxes}
        </b>
        {paren(`${num(shipment.vials)} ${say(shipment.productDetails.unit)}`)} {say(shipment.productDetails.name)} ｜{' '}
        {t.rounds.storage[shipment.storage]}
        <br />
        <span className="quiet">
          {shipment.to.address ? <span lang="ja">{shipment.to.address}</span> : t.deliveries.noAddress} ｜ {t.deliveries.window}{' '}
          {shortDay(shipment.window.from)} – {shortDay(shipment.window.to)}
          {shipment.deliveryOn ? (
            <>
              {' '}
              ｜{' '}
              <b>
                {shortDay(shipment.deliveryOn)} {shipment.deliveryHours ?? ''}
              </b>
            </>
          ) : null}
        </span>
      </p>
      <Next shipment={shipment} reload={reload} />
      <p style={{ margin: '.5rem 0 0' }}>
        <Link className="row-link" href={`/deliveries/${shipment.shipmentId}`}>
          {t.deliveries.open}
          <span className="visually-hidden"> {shipment.to.name}</span>
        </Link>
      </p>
    </>
  );
}

/** The one step that comes next. */
function Next({ shipment, reload }: { shipment: CardFragment; reload: () => void }) {
  const { paren, t, shortDay } = useWork();
  const clock = useClock();
  const [isOpen, setOpen] = useState(false);
  const [day, setDay] = useState('');
  const [hours, setHours] = useState('');
  const [why, setWhy] = useState('');
  const [note, setNote] = useState('');
  const [isFailing, setFailing] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const queued = waiting().filter((each) => each.shipment === shipment.shipmentId).length;
  const send = async (kind: string, data: Record<string, unknown>) => {
    if (!clock) return;
    setBusy(true);
    setProblem(null);
    const now = new Date(clock.now).toISOString();
    const company = (shipment.branch?.code ?? '').split('-')[0];
    try {
      await sendAnswer({
        shipment: shipment.shipmentId,
        event: {
          specversion: '1.0',
          id: newId(clock.now),
          type: `shipment.${kind}.v1`,
          source: `/partners/${company}`,
          subject: `shipment/${shipment.shipmentId}`,
          time: now,
          datacontenttype: 'application/json',
          sequence: String(shipment.nextAnswer + queued),
          data: { shipment_id: shipment.shipmentId, ...data },
        },
      });
      setOpen(false);
      setFailing(false);
      reload();
    } catch (failure) {
      if (failure instanceof Problem) setProblem(failure);
    } finally {
      setBusy(false);
    }
  };
  const at = () => ({ at: new Date(clock?.now ?? 0).toISOString() });
  if (queued > 0) return <Badge tone="warn">{t.deliveries.queued(queued)}</Badge>;
  const id = shipment.shipmentId;
  return (
    <>
      {problem ? <Failed problem={problem} /> : null}
      {shipment.state === 'ordered' && !isOpen ? (
        <p className="actions">
          <button
            type="button"
            className="button primary big"
            onClick={() => {
              setDay(shipment.window.from);
              setOpen(true);
            }}
          >
            {t.deliveries.schedule}
          </button>
        </p>
      ) : null}
      {shipment.state === 'ordered' && isOpen ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void send('scheduled', { delivery_on: day, hours: hours || null });
          }}
        >
          <p className="inline-field">
            <label htmlFor={`day-${id}`}>{t.deliveries.day}</label>
            <input
              id={`day-${id}`}
              type="date"
              value={day}
              min={shipment.window.from}
              max={shipment.window.to}
              onChange={(event) => setDay(event.target.value)}
              required
            />
            <label htmlFor={`hours-${id}`}>{t.deliveries.hours}</label>
            <select id={`hours-${id}`} value={hours} onChange={(event) => setHours(event.target.value)}>
              <option value="">{t.deliveries.hoursNone}</option>
              {['09:00-12:00', '12:00-15:00', '15:00-18:00'].map((each) => (
                <option key={each}>{each}</option>
              ))}
            </select>
          </p>
          <p className="actions">
            <button className="button primary big" disabled={isBusy}>
              {t.deliveries.schedule}
              {paren(day ? shortDay(day) : '')}
            </button>
          </p>
        </form>
      ) : null}
      {shipment.state === 'scheduled' ? <Pick shipment={shipment} isBusy={isBusy} send={send} /> : null}
      {shipment.state === 'picked' ? (
        <p className="actions">
          <button type="button" className="button primary big" disabled={isBusy} onClick={() => void send('dispatched', at())}>
            {t.deliveries.dispatch}
          </button>
        </p>
      ) : null}
      {shipment.state === 'dispatched' && !isFailing ? (
        <p className="actions">
          <button type="button" className="button primary big" disabled={isBusy} onClick={() => void send('delivered', at())}>
            {t.deliveries.deliver}
          </button>
          <button type="button" className="button danger" onClick={() => setFailing(true)}>
            {t.deliveries.fail}
          </button>
        </p>
      ) : null}
      {isFailing ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            void send('failed', { ...at(), reason: [t.deliveries.failReasons[why] ?? '', note].filter(Boolean).join(' ') });
          }}
        >
          <div className="field">
            <label htmlFor={`why-${id}`}>{t.deliveries.why}</label>
            <select id={`why-${id}`} value={why} onChange={(event) => setWhy(event.target.value)} required>
              <option value="">{t.report.choose}</option>
              {Object.entries(t.deliveries.failReasons).map(([key, label]) => (
                <option key={key} value={key}>
                  {label}
                </option>
              ))}
            </select>
          </div>
          <div className="field">
            <label htmlFor={`note-${id}`}>{t.reason}</label>
            <input id={`note-${id}`} maxLength={400} value={note} onChange={(event) => setNote(event.target.value)} />
          </div>
          <p className="actions">
            <button className="button danger big" disabled={isBusy}>
              {t.deliveries.fail}
            </button>
            <button type="button" className="button" onClick={() => setFailing(false)}>
              {t.cancel}
            </button>
          </p>
        </form>
      ) : null}
    </>
  );
}

/** The lots that were picked: proposed ones first, and what differs with its own number. */
function Pick({
  shipment,
  isBusy,
  send,
}: {
  shipment: CardFragment;
  isBusy: boolean;
  send: (kind: string, data: Record<string, unknown>) => Promise<void>;
}) {
  const { t, num, longDay } = useWork();
  const [{ data, fetching }] = useQuery({ query: ShipmentDocument, variables: { id: shipment.shipmentId } });
  const [rows, setRows] = useState<readonly { lot: string; vials: string; expiry: string | null }[] | null>(null);
  const proposed = data?.shipment?.lotsProposed;
  useEffect(() => {
    if (proposed && rows === null)
      setRows(proposed.map((each) => ({ lot: each.lot.number, vials: String(each.vials), expiry: each.lot.expiry })));
  }, [proposed, rows]);
  if (!rows) return <Waiting fetching={fetching} />;
  const counts = rows.map((row) => readCount(row.vials));
  const sum = counts.reduce((all, each) => all + (each.kind === 'number' ? each.value : 0), 0);
  const isRight = sum === shipment.vials && counts.every((each) => each.kind === 'number');
  const set = (index: number, change: Partial<{ lot: string; vials: string }>) =>
    setRows(rows.map((row, place) => (place === index ? { ...row, ...change } : row)));
  const id = shipment.shipmentId;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send('picked', {
          lots: rows.flatMap((row, index) => {
            const count = counts[index];
            return row.lot.trim() && count?.kind === 'number' && count.value > 0
              ? [{ lot: row.lot.trim(), vials: count.value }]
              : [];
          }),
        });
      }}
    >
      <p className="label">{t.deliveries.proposed}</p>
      {rows.map((row, index) => (
        <div key={index} className="lots">
          <span>
            <label className="visually-hidden" htmlFor={`lot-${id}-${index}`}>
              {t.deliveries.lot} {index + 1}
            </label>
            <input
              id={`lot-${id}-${index}`}
              style={{ width: '100%' }}
              value={row.lot}
              onChange={(event) => set(index, { lot: event.target.value })}
            />
            {row.expiry ? (
              <span className="quiet">
                {t.deliveries.expiry} {longDay(row.expiry)}
              </span>
            ) : null}
          </span>
          <span>
            <label className="visually-hidden" htmlFor={`vials-${id}-${index}`}>
              {t.deliveries.vials} {index + 1}
            </label>
            <input
              id={`vials-${id}-${index}`}
              style={{ width: '100%' }}
              inputMode="numeric"
              className="num"
              value={row.vials}
              onChange={(event) => set(index, { vials: event.target.value })}
            />
          </span>
        </div>
      ))}
      <p className="inline-field">
        <button type="button" className="button" onClick={() => setRows([...rows, { lot: '', vials: '', expiry: null }])}>
          {t.incoming.addLot}
        </button>
        <span aria-live="polite" className={isRight ? 'quiet' : 'error'}>
          {isRight ? '' : '× '}
          {t.deliveries.sum(num(sum), num(shipment.vials))}
        </span>
      </p>
      <p className="actions">
        <button className="button primary big" disabled={isBusy || !isRight}>
          {t.deliveries.pick}
        </button>
      </p>
    </form>
  );
}

function One({ id }: { id: string }) {
  const { paren, t, num, say, shortDay, dayTime } = useWork();
  const [{ data, fetching, error }, again] = useQuery({ query: ShipmentDocument, variables: { id } });
  const reload = useCallback(() => again({ requestPolicy: 'network-only' }), [again]);
  const outbox = useOutbox(reload);
  const shipment = data?.shipment;
  if (!shipment)
    return (
      <Page narrow title={t.deliveries.title}>
        <Waiting fetching={fetching} error={error} again={reload} />
      </Page>
    );
  return (
    <Page
      narrow
      title={shipment.to.name}
      lead={
        <>
          <Link href="/deliveries">{t.deliveries.title}</Link> ｜ <StateBadge shipment={shipment} />
        </>
      }
      aside={
        <button type="button" className="button" onClick={() => print()}>
          {t.deliveries.slip}
        </button>
      }
    >
      {outbox.refused.map((problem, index) => (
        <Failed key={index} problem={problem} />
      ))}
      <Card className="no-print">
        <Next
          shipment={shipment}
          reload={() => {
            outbox.look();
            reload();
          }}
        />
        <dl className="facts">
          <dt>{t.deliveries.shipmentNo}</dt>
          <dd className="code">{shipment.shipmentId}</dd>
          <dt>{t.deliveries.to}</dt>
          <dd>
            <span lang="ja">{shipment.to.name}</span>{' '}
            <span className="quiet">
              <Name name={shipment.to.municipality.name} /> <span lang="ja">{shipment.to.address ?? t.deliveries.noAddress}</span>
            </span>
          </dd>
          <dt>{t.deliveries.vials}</dt>
          <dd>
            <b>
              {num(shipment.boxes)} {t.units.boxes}
            </b>
            {paren(`${num(shipment.vials)} ${say(shipment.productDetails.unit)}`)} {say(shipment.productDetails.name)}
          </dd>
          <dt>{t.deliveries.storage}</dt>
          <dd>{t.rounds.storage[shipment.storage]}</dd>
          <dt>{t.deliveries.window}</dt>
          <dd>
            {shortDay(shipment.window.from)} – {shortDay(shipment.window.to)}
          </dd>
          <dt>{t.deliveries.deliveryOn}</dt>
          <dd>{shipment.deliveryOn ? `${shortDay(shipment.deliveryOn)} ${shipment.deliveryHours ?? ''}` : '—'}</dd>
        </dl>
      </Card>
      <Slip shipment={shipment} />
      {shipment.goods.length > 0 ? (
        <Card title={t.deliveries.goods}>
          <ul>
            {shipment.goods.map((each) => (
              <li key={each.goods}>
                {say(each.name)} {num(each.pieces)} {say(each.unit)}
              </li>
            ))}
          </ul>
        </Card>
      ) : null}
      {shipment.splits.length > 0 ? (
        <Card title={t.deliveries.splits}>
          <ul>
            {shipment.splits.map((each) => (
              <li key={each.siteId}>
                <span lang="ja">{each.name}</span> {num(each.vials)} {say(shipment.productDetails.unit)}
              </li>
            ))}
          </ul>
        </Card>
      ) : null}
      <Card title={t.deliveries.steps} className="no-print">
        <ul className="duties">
          {shipment.steps.map((step) => (
            <li key={step.version}>
              <span>
                <b>{t.shipmentStates[step.state]}</b> {step.reason ?? ''}
              </span>
              <span className="quiet">
                {dayTime(step.happenedAt)} {step.by}
              </span>
            </li>
          ))}
        </ul>
        {shipment.answers
          .filter((answer) => answer.state !== 'applied')
          .map((answer) => (
            <p key={answer.answerId} className="quiet">
              {answer.kind}:{' '}
              {answer.state === 'held' ? t.deliveries.held : `${t.deliveries.refusedByServer} ${answer.code ?? ''}`}
            </p>
          ))}
      </Card>
    </Page>
  );
}

/** What goes along on paper. */
function Slip({ shipment }: { shipment: NonNullable<ShipmentQuery['shipment']> }) {
  const { paren, t, num, say, longDay } = useWork();
  const lots = shipment.lotsPicked.length > 0 ? shipment.lotsPicked : shipment.lotsProposed;
  return (
    <Card title={shipment.lotsPicked.length > 0 ? t.deliveries.picked : t.deliveries.proposed}>
      <div className="slip">
        <h2>{t.deliveries.slipTitle}</h2>
        <p>
          {t.deliveries.shipmentNo} {shipment.shipmentId}
          <br />
          {t.deliveries.to} {shipment.to.name} {shipment.to.address ?? ''}
          <br />
          {shipment.branch?.name.ja ?? ''} ｜ {shipment.deliveryOn ? longDay(shipment.deliveryOn) : ''}{' '}
          {shipment.deliveryHours ?? ''}
          <br />
          {say(shipment.productDetails.name)} {num(shipment.boxes)} {t.units.boxes}
          {paren(`${num(shipment.vials)} ${say(shipment.productDetails.unit)}`)} {t.rounds.storage[shipment.storage]}
        </p>
      </div>
      {lots.length === 0 ? (
        <p>{t.nothing}</p>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">{t.deliveries.lot}</th>
              <th scope="col">{t.deliveries.expiry}</th>
              <th scope="col" className="num">
                {say(shipment.productDetails.unit)}
              </th>
            </tr>
          </thead>
          <tbody>
            {lots.map((each) => (
              <tr key={each.lot.number}>
                <th scope="row" className="code">
                  {each.lot.number} {each.lot.recalled ? <Badge tone="bad">{t.incoming.recalled}</Badge> : null}
                </th>
                <td>{longDay(each.lot.expiry)}</td>
                <td className="num">{num(each.vials)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="slip">
        <p style={{ marginTop: '3rem', borderTop: '1px solid #000', width: '20rem' }}>{t.deliveries.signature}</p>
      </div>
    </Card>
  );
}
