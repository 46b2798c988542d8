import { useCallback, useEffect, useState } from 'react';
import { useClient, useQuery } from 'urql';
import { Link } from 'wouter';
import { write } from '../api/graph';
import { Problem } from '../api/problem';
import { useMe } from '../api/session';
import {
  ConfirmReceiptDocument,
  FacilityStockDocument,
  IncomingDocument,
  ResolveDiscrepancyDocument,
  ShipmentDocument,
  TerritoryStockDocument,
} from '../gql/distribution';
import type { ConfirmReceiptMutation, DiscrepancyDecision, LotsFragment, ShipmentQuery } from '../gql/types';
import { useWork } from '../i18n/work';
import { newId } from '../lib/id';
import { readCount } from '../lib/number';
import { Badge, Card, Failed, Notice, Page, Waiting } from '../ui/parts';
import { StateBadge } from './Deliveries';

type Confirmed = Extract<ConfirmReceiptMutation['confirmReceipt'], { __typename: 'ReceiptConfirmed' }>;

export default function Incoming({ id }: { id: string | undefined }) {
  return id ? <One id={id} /> : <List />;
}

/** What comes when, what has arrived, and what lies there lot by lot. */
function List() {
  const { paren, t, num, say, shortDay, dayTime } = useWork();
  const me = useMe();
  const [after, setAfter] = useState<string | null>(null);
  const variables = { territory: me.facility ? null : me.territory.code, facility: me.facility?.facilityId ?? null, after };
  const [{ data, fetching, error }, again] = useQuery({ query: IncomingDocument, variables });
  const nodes = data?.shipments.edges.map((edge) => edge.node) ?? [];
  const coming = nodes.filter(
    (node) => node.receivedAt === null && !['cancelled', 'returned', 'lost', 'unfulfillable'].includes(node.state),
  );
  const rest = nodes.filter((node) => !coming.includes(node));
  return (
    <Page title={t.incoming.title}>
      {data ? null : <Waiting fetching={fetching} error={error} again={again} />}
      <Card title={t.incoming.coming}>
        {data && coming.length === 0 ? <p>{t.incoming.none}</p> : null}
        <ul className="stack">
          {coming.map((node) => (
            <li key={node.shipmentId} className="job">
              <div className="job-head">
                <h3>
                  {node.deliveryOn
                    ? `${shortDay(node.deliveryOn)} ${node.deliveryHours ?? ''}`
                    : `${shortDay(node.window.from)} – ${shortDay(node.window.to)}`}
                </h3>
                <StateBadge shipment={node} />
              </div>
              <p>
                <b>
                  {num(node.boxes)} {t.units.boxes}
                </b>
                {paren(`${num(node.vials)} ${say(node.productDetails.unit)}`)} {say(node.productDetails.name)}
                <br />
                <span className="quiet">
                  <span lang="ja">{node.to.name}</span>
                  {node.branch ? (
                    <>
                      {' '}
                      ｜ {t.incoming.from} {say(node.branch.name)}
                    </>
                  ) : null}
                </span>
              </p>
              <Link
                className={['dispatched', 'delivered'].includes(node.state) ? 'button primary' : 'button'}
                href={`/incoming/${node.shipmentId}`}
              >
                {['dispatched', 'delivered'].includes(node.state) ? t.incoming.confirm : t.deliveries.open}
                <span className="visually-hidden"> {node.to.name}</span>
              </Link>
            </li>
          ))}
        </ul>
      </Card>
      {rest.length > 0 ? (
        <Card title={t.incoming.arrived}>
          <div className="scroll" tabIndex={0} role="group" aria-label={t.incoming.arrived}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t.incoming.receivedAt}</th>
                  <th scope="col">{t.incoming.site}</th>
                  <th scope="col" className="num">
                    {t.deliveries.vials}
                  </th>
                  <th scope="col">{t.deliveries.state}</th>
                </tr>
              </thead>
              <tbody>
                {rest.map((node) => (
                  <tr key={node.shipmentId}>
                    <td className="nowrap">{node.receivedAt ? dayTime(node.receivedAt) : '—'}</td>
                    <th scope="row">
                      <Link className="row-link" href={`/incoming/${node.shipmentId}`} lang="ja">
                        {node.to.name}
                      </Link>
                    </th>
                    <td className="num">{num(node.vials)}</td>
                    <td>
                      <StateBadge shipment={node} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      ) : null}
      {data?.shipments.pageInfo.hasNextPage ? (
        <p>
          <button type="button" className="button" onClick={() => setAfter(data.shipments.pageInfo.endCursor)}>
            {t.more}
          </button>
        </p>
      ) : null}
      {me.facility ? (
        <Own facility={me.facility.facilityId} />
      ) : me.territory.tier === 'municipality' ? (
        <Municipality code={me.territory.code} />
      ) : (
        <p className="quiet">{t.incoming.chooseArea}</p>
      )}
    </Page>
  );
}

function Own({ facility }: { facility: string }) {
  const { t } = useWork();
  const [{ data, fetching, error }] = useQuery({ query: FacilityStockDocument, variables: { key: facility } });
  const stock = data?.facility?.stock;
  if (!data) return <Waiting fetching={fetching} error={error} />;
  return stock ? (
    <Stock stock={stock} />
  ) : (
    <Card title={t.incoming.stock}>
      <p>{t.incoming.noStock}</p>
    </Card>
  );
}

function Municipality({ code }: { code: string }) {
  const { t, num, lang, dayTime } = useWork();
  const [after, setAfter] = useState<string | null>(null);
  const [{ data, fetching, error }] = useQuery({ query: TerritoryStockDocument, variables: { code, after } });
  const connection = data?.territory?.stock;
  if (!data) return <Waiting fetching={fetching} error={error} />;
  const shown = connection?.edges.map((edge) => edge.node) ?? [];
  return (
    <>
      <Card
        title={t.incoming.stock}
        aside={shown[0] ? <span className="quiet">{t.words.asOf(dayTime(shown[0].asOf))}</span> : null}
      >
        {shown.length === 0 ? (
          <p>{t.incoming.noStock}</p>
        ) : (
          <div className="scroll" tabIndex={0} role="group" aria-label={t.incoming.stock}>
            <table className="table-first">
              <thead>
                <tr>
                  <th scope="col">{t.incoming.site}</th>
                  <th scope="col" className="num">
                    {t.incoming.usable}
                  </th>
                  <th scope="col" className="num">
                    {t.incoming.transit}
                  </th>
                  <th scope="col" className="num">
                    {t.incoming.quarantine}
                  </th>
                  <th scope="col" className="num">
                    {t.incoming.expectedFromHub}
                  </th>
                  <th scope="col" className="num">
                    {t.incoming.toHandOn}
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.map((stock) => (
                  <tr key={stock.siteId}>
                    <th scope="row" lang={lang === 'en' ? 'ja' : undefined}>
                      {stock.name}
                    </th>
                    <td className="num">
                      <b>{num(stock.availableVials)}</b>
                    </td>
                    <td className="num">{num(stock.inTransitVials)}</td>
                    <td className="num">{num(stock.quarantinedVials)}</td>
                    <td className="num">{num(stock.expectedVials)}</td>
                    <td className="num">{num(stock.toHandOnVials)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Card>
      {shown
        .filter((stock) => stock.lines.length > 0)
        .map((stock) => (
          <Stock key={stock.siteId} stock={stock} />
        ))}
      {connection?.pageInfo.hasNextPage ? (
        <p>
          <button type="button" className="button" onClick={() => setAfter(connection.pageInfo.endCursor)}>
            {t.more}
          </button>
        </p>
      ) : null}
    </>
  );
}

function Stock({ stock }: { stock: LotsFragment }) {
  const { paren, t, num, longDay, dayTime } = useWork();
  return (
    <Card
      title={`${t.incoming.stock}${paren(stock.name)}`}
      aside={<span className="quiet">{t.words.asOf(dayTime(stock.asOf))}</span>}
    >
      <p>
        {t.incoming.usable} <b>{num(stock.availableVials)}</b> ｜ {t.incoming.transit} {num(stock.inTransitVials)} ｜{' '}
        {t.incoming.quarantine} {num(stock.quarantinedVials)}
        {stock.expectedVials > 0 ? ` ｜ ${t.incoming.expectedFromHub} ${num(stock.expectedVials)}` : ''}
        {stock.toHandOnVials > 0 ? ` ｜ ${t.incoming.toHandOn} ${num(stock.toHandOnVials)}` : ''}
      </p>
      {stock.lines.length === 0 ? null : (
        <div className="scroll" tabIndex={0} role="group" aria-label={`${t.incoming.stock} ${stock.name}`}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.incoming.lot}</th>
                <th scope="col">{t.incoming.expiry}</th>
                <th scope="col" className="num">
                  {t.incoming.usable}
                </th>
                <th scope="col" className="num">
                  {t.incoming.transit}
                </th>
                <th scope="col" className="num">
                  {t.incoming.quarantine}
                </th>
              </tr>
            </thead>
            <tbody>
              {stock.lines.map((line) => (
                <tr key={line.lot.product + line.lot.number}>
                  <th scope="row" className="code">
                    {line.lot.number} {line.lot.recalled ? <Badge tone="bad">! {t.incoming.recalled}</Badge> : null}
                  </th>
                  <td>
                    {longDay(line.lot.expiry)}
                    {line.lot.thawedExpiry ? (
                      <span className="quiet">
                        {' '}
                        {t.incoming.thawed} {longDay(line.lot.thawedExpiry)}
                      </span>
                    ) : null}
                  </td>
                  <td className="num">
                    <b>{num(line.availableVials)}</b>
                  </td>
                  <td className="num">{num(line.inTransitVials)}</td>
                  <td className="num">{num(line.quarantinedVials)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Card>
  );
}

function One({ id }: { id: string }) {
  const { paren, t, num, say, shortDay, dayTime } = useWork();
  const me = useMe();
  const [{ data, fetching, error }, again] = useQuery({ query: ShipmentDocument, variables: { id } });
  const [done, setDone] = useState<Confirmed | null>(null);
  const reload = useCallback(() => again({ requestPolicy: 'network-only' }), [again]);
  const shipment = data?.shipment;
  if (!shipment)
    return (
      <Page narrow title={t.incoming.title}>
        <Waiting fetching={fetching} error={error} again={reload} />
      </Page>
    );
  const unit = say(shipment.productDetails.unit);
  return (
    <Page
      narrow
      title={shipment.receipt ? shipment.to.name : t.incoming.confirm}
      lead={
        <>
          <Link href="/incoming">{t.incoming.title}</Link> ｜ <span lang="ja">{shipment.to.name}</span> ｜ {num(shipment.boxes)}{' '}
          {t.units.boxes}
          {paren(`${num(shipment.vials)} ${unit}`)} <StateBadge shipment={shipment} />
        </>
      }
    >
      {done ? (
        <Notice
          tone={done.shortVials + done.surplusVials + done.damagedVials > 0 ? 'warn' : 'good'}
          focus
          title={t.incoming.done}
        >
          <p>
            {t.incoming.accepted} <b>{num(done.acceptedVials)}</b> ｜ {t.incoming.short} {num(done.shortVials)} ｜{' '}
            {t.incoming.surplus} {num(done.surplusVials)} ｜ {t.incoming.damaged} {num(done.damagedVials)}
          </p>
          {done.shortVials + done.surplusVials + done.damagedVials > 0 ? <p>{t.incoming.discrepancyNote}</p> : null}
        </Notice>
      ) : null}
      {!shipment.receipt && ['dispatched', 'delivered'].includes(shipment.state) ? (
        <Confirm
          shipment={shipment}
          onDone={(answer) => {
            setDone(answer);
            reload();
          }}
        />
      ) : null}
      {!shipment.receipt && !['dispatched', 'delivered'].includes(shipment.state) ? (
        <Notice tone="info" title={t.shipmentStates[shipment.state] ?? shipment.state}>
          <p>
            {t.deliveries.deliveryOn}:{' '}
            {shipment.deliveryOn
              ? `${shortDay(shipment.deliveryOn)} ${shipment.deliveryHours ?? ''}`
              : `${shortDay(shipment.window.from)} – ${shortDay(shipment.window.to)}`}
          </p>
        </Notice>
      ) : null}
      {shipment.receipt ? (
        <Card
          title={t.incoming.arrived}
          aside={
            <span className="quiet">
              {dayTime(shipment.receipt.receivedAt)} {shipment.receipt.by}
            </span>
          }
        >
          <table>
            <thead>
              <tr>
                <th scope="col">{t.incoming.lot}</th>
                <th scope="col" className="num">
                  {t.incoming.expected}
                </th>
                <th scope="col" className="num">
                  {t.incoming.accepted}
                </th>
                <th scope="col" className="num">
                  {t.incoming.damaged}
                </th>
              </tr>
            </thead>
            <tbody>
              {shipment.receipt.lines.map((line) => (
                <tr key={line.lot.number}>
                  <th scope="row" className="code">
                    {line.lot.number}
                  </th>
                  <td className="num">{num(line.expectedVials)}</td>
                  <td className="num">
                    <b>{num(line.acceptedVials)}</b>
                  </td>
                  <td className="num">{num(line.damagedVials)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Card>
      ) : null}
      {shipment.discrepancies.length > 0 ? (
        <Card title={t.incoming.discrepancy}>
          <ul className="stack">
            {shipment.discrepancies.map((each) => (
              <li key={each.discrepancyId} className="job">
                <b>{t.incoming.kinds[each.kind] ?? each.kind}</b> <span className="code">{each.lot.number}</span>{' '}
                <b>{num(each.vials)}</b> {unit}{' '}
                {each.open ? (
                  <Badge tone="warn">{t.incoming.undecided}</Badge>
                ) : (
                  <Badge tone="good">✓ {t.incoming.decisions[each.decision ?? ''] ?? each.decision}</Badge>
                )}
                {each.open ? null : (
                  <p className="quiet">
                    {each.reason} {paren(each.resolvedBy)}
                  </p>
                )}
                {each.open && ['ministry', 'prefecture'].includes(me.role) ? (
                  <Decide id={each.discrepancyId} decisions={each.decisions} onDone={reload} />
                ) : null}
              </li>
            ))}
          </ul>
          <p className="quiet">{t.incoming.discrepancyNote}</p>
        </Card>
      ) : null}
    </Page>
  );
}

/** What became of vials that are not where the book expected them: decided by those above the site, with a reason. */
function Decide({ id, decisions, onDone }: { id: string; decisions: readonly DiscrepancyDecision[]; onDone: () => void }) {
  const { t } = useWork();
  const client = useClient();
  const [decision, setDecision] = useState<DiscrepancyDecision | ''>('');
  const [reason, setReason] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [request] = useState(() => newId());
  const send = async () => {
    if (decision === '') return;
    try {
      const { resolveDiscrepancy: answer } = await write(client, ResolveDiscrepancyDocument, {
        input: { id: request, discrepancy: id, decision, reason },
      });
      if (answer.__typename === 'DiscrepancyResolved') onDone();
      else setProblem(new Problem(answer.code, answer.message, answer.errors));
    } catch (failure) {
      if (failure instanceof Problem) setProblem(failure);
    }
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void send();
      }}
    >
      {problem ? <Failed problem={problem} /> : null}
      <p className="inline-field">
        <label htmlFor={`decision-${id}`}>{t.incoming.decide}</label>
        <select
          id={`decision-${id}`}
          required
          value={decision}
          onChange={(event) => setDecision(event.target.value as DiscrepancyDecision)}
        >
          <option value="">{t.report.choose}</option>
          {decisions.map((each) => (
            <option key={each} value={each}>
              {t.incoming.decisions[each] ?? each}
            </option>
          ))}
        </select>
        <label htmlFor={`reason-${id}`}>{t.reason}</label>
        <input id={`reason-${id}`} required maxLength={500} value={reason} onChange={(event) => setReason(event.target.value)} />
        <button className="button">{t.incoming.decide}</button>
      </p>
    </form>
  );
}

type Row = { lot: string; expected: number; accepted: string; damaged: string; isOwn: boolean };

/** What arrived, lot by lot: filled in as expected, so that one tap confirms what is right. */
function Confirm({
  shipment,
  onDone,
}: {
  shipment: NonNullable<ShipmentQuery['shipment']>;
  onDone: (answer: Confirmed) => void;
}) {
  const { t, num, signed, longDay } = useWork();
  const client = useClient();
  const [rows, setRows] = useState<readonly Row[]>(() =>
    shipment.lotsPicked.map((each) => ({
      lot: each.lot.number,
      expected: each.vials,
      accepted: String(each.vials),
      damaged: '0',
      isOwn: true,
    })),
  );
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const [id] = useState(() => newId());
  useEffect(() => setProblem(null), [rows]);
  const value = (text: string) => {
    const typed = readCount(text);
    return typed.kind === 'number' ? typed.value : typed.kind === 'blank' ? 0 : null;
  };
  const isWrong = rows.some((row) => value(row.accepted) === null || value(row.damaged) === null);
  const set = (index: number, change: Partial<Row>) =>
    setRows(rows.map((row, place) => (place === index ? { ...row, ...change } : row)));
  const isSame = rows.every((row) => value(row.accepted) === row.expected && value(row.damaged) === 0);
  const send = async () => {
    setBusy(true);
    try {
      const lots = rows
        .filter((row) => row.lot.trim() !== '')
        .map((row) => ({ lot: row.lot.trim(), accepted: value(row.accepted) ?? 0, damaged: value(row.damaged) ?? 0 }));
      const { confirmReceipt: answer } = await write(client, ConfirmReceiptDocument, {
        input: { id, shipment: shipment.shipmentId, lots: lots.filter((lot) => lot.accepted + lot.damaged > 0) },
      });
      if (answer.__typename === 'ReceiptConfirmed') onDone(answer);
      else setProblem(new Problem(answer.code, answer.message, answer.errors));
    } catch (failure) {
      if (failure instanceof Problem) setProblem(failure);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Card title={t.incoming.confirm}>
      {problem ? <Failed problem={problem} /> : null}
      <ul className="stack">
        {rows.map((row, index) => {
          const sum = (value(row.accepted) ?? 0) + (value(row.damaged) ?? 0) - row.expected;
          const id = `lot-${index}`;
          return (
            <li key={index} className="job">
              <div className="job-head">
                {row.isOwn ? (
                  <h3>
                    {t.incoming.lot} <span className="code">{row.lot}</span>
                  </h3>
                ) : (
                  <span className="inline-field">
                    <label htmlFor={id}>{t.incoming.lot}</label>
                    <input id={id} value={row.lot} onChange={(event) => set(index, { lot: event.target.value })} />
                  </span>
                )}
                <span aria-live="polite">
                  {sum === 0 ? (
                    <Badge tone="good">✓ {t.incoming.same}</Badge>
                  ) : (
                    <Badge tone="warn">
                      {sum < 0 ? t.incoming.short : t.incoming.surplus} {signed(sum)}
                    </Badge>
                  )}
                </span>
              </div>
              {row.isOwn ? (
                <p className="quiet">
                  {t.incoming.expiry} {longDay(shipment.lotsPicked[index]?.lot.expiry ?? shipment.window.to)} ｜{' '}
                  {t.incoming.expected} <b>{num(row.expected)}</b>
                </p>
              ) : null}
              <p className="inline-field">
                <label htmlFor={`${id}-accepted`}>{t.incoming.accepted}</label>
                <input
                  id={`${id}-accepted`}
                  className="num"
                  style={{ width: '6.5rem' }}
                  inputMode="numeric"
                  aria-invalid={value(row.accepted) === null}
                  value={row.accepted}
                  onChange={(event) => set(index, { accepted: event.target.value })}
                />
                <label htmlFor={`${id}-damaged`}>{t.incoming.damaged}</label>
                <input
                  id={`${id}-damaged`}
                  className="num"
                  style={{ width: '5rem' }}
                  inputMode="numeric"
                  aria-invalid={value(row.damaged) === null}
                  value={row.damaged}
                  onChange={(event) => set(index, { damaged: event.target.value })}
                />
              </p>
            </li>
          );
        })}
      </ul>
      <p className="actions">
        <button type="button" className="button primary" disabled={isBusy || isWrong} onClick={() => void send()}>
          {isSame ? t.incoming.allAsExpected : t.incoming.submit}
        </button>
        <button
          type="button"
          className="button"
          onClick={() => setRows([...rows, { lot: '', expected: 0, accepted: '0', damaged: '0', isOwn: false }])}
        >
          {t.incoming.addLot}
        </button>
      </p>
    </Card>
  );
}
