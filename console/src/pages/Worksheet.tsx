import { useCallback, useEffect, useMemo, useRef, useState, type ClipboardEvent, type KeyboardEvent } from 'react';
import { useClient, useQuery } from 'urql';
import { Link } from 'wouter';
import { write } from '../api/graph';
import { Problem } from '../api/problem';
import { useMe } from '../api/session';
import {
  AdjustLineDocument,
  ApprovePlanDocument,
  BelowDocument,
  CommitPlanDocument,
  ComputePlanDocument,
  RulesDocument,
  StocksDocument,
  SubmitPlanDocument,
  TakeBackPlanDocument,
  WorksheetDocument,
} from '../gql/allocation';
import type { MovedFragment, OverFragment, PlanState, RefusedFragment, StaleFragment, WorksheetQuery } from '../gql/types';
import { useWork } from '../i18n/work';
import { saveCsv } from '../lib/csv';
import { newId } from '../lib/id';
import { change, EMPTY, redo, totalOf, undo, unitsOf, type Change, type Row, type State } from '../lib/sheet';
import { Badge, Card, Dialog, Failed, Name, Notice, Page, Waiting } from '../ui/parts';
import { Below } from '../worksheet/Below';
import { Compare } from '../worksheet/Compare';
import { Difference } from '../worksheet/Difference';
import { Grid, type GridRow } from '../worksheet/Grid';
import { History } from '../worksheet/History';
import { Paste } from '../worksheet/Paste';
import { Why } from '../worksheet/Why';

type Outcome = MovedFragment | StaleFragment | RefusedFragment | OverFragment;
type Plan = NonNullable<NonNullable<WorksheetQuery['round']>['plan']>;
const FLOW: readonly PlanState[] = ['computed', 'submitted', 'approved', 'committed'];

export default function Worksheet({ round: roundId, holder }: { round: string; holder: string }) {
  const { t, num } = useWork();
  const [{ data, fetching, error }, again] = useQuery({ query: WorksheetDocument, variables: { round: roundId, holder } });
  const reload = useCallback(() => again({ requestPolicy: 'network-only' }), [again]);
  const round = data?.round;
  if (!round)
    return (
      <Page title={t.sheet.title}>
        <Waiting fetching={fetching} error={error} again={reload} />
      </Page>
    );
  const place = round.plan?.holder.name;
  const lead = (
    <>
      <Link href={`/rounds/${roundId}`}>{t.rounds.round(round.number)}</Link> <Name name={round.productDetails.name} /> ｜{' '}
      {t.rounds.pack(num(round.packVials))}
    </>
  );
  return (
    <Page
      title={t.sheet.title}
      lead={
        <>
          {place ? (
            <b>
              <Name name={place} />
            </b>
          ) : null}{' '}
          {lead}
        </>
      }
    >
      {round.plan ? (
        <Sheet
          key={round.plan.planId}
          round={roundId}
          product={round.product}
          plan={round.plan}
          reload={reload}
          fetching={fetching}
        />
      ) : (
        <Start round={roundId} holder={holder} reload={reload} />
      )}
    </Page>
  );
}

/** What a step on a plan came to, or nothing. */
function useStep(reload: () => void) {
  const client = useClient();
  const { t, num } = useWork();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [stale, setStale] = useState<StaleFragment | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const run = async (step: () => Promise<Outcome>, saved?: number): Promise<boolean> => {
    setBusy(true);
    setProblem(null);
    setDone(null);
    setStale(null);
    try {
      const outcome = await step();
      if (outcome.__typename === 'PlanMoved') {
        const moved = saved === undefined ? t.sheet.moved(t.planStates[outcome.state] ?? outcome.state) : t.sheet.saved(saved);
        setDone(outcome.engineMs === null ? moved : `${moved}${t.sheet.computedIn(num(outcome.engineMs))}`);
        reload();
        return true;
      }
      if (outcome.__typename === 'PlanStale') setStale(outcome);
      else setProblem(new Problem(outcome.code, outcome.message, 'errors' in outcome ? outcome.errors : []));
    } catch (failure) {
      setProblem(
        failure instanceof Problem ? failure : new Problem('console.failed', { ja: String(failure), en: String(failure) }),
      );
    } finally {
      setBusy(false);
    }
    return false;
  };
  return { client, isBusy, problem, stale, done, run, setStale, setDone };
}

/** A rule to compute by: a published one, or the short form (population, then wishes). */
function Start({ round, holder, reload }: { round: string; holder: string; reload: () => void }) {
  const { t } = useWork();
  const me = useMe();
  const step = useStep(reload);
  if (me.territory.code !== holder || !['ministry', 'prefecture'].includes(me.role))
    return <Notice tone="info" title={t.sheet.noPlanOther} />;
  return (
    <Card title={t.sheet.compute}>
      <p>{t.sheet.noPlan}</p>
      {step.problem ? <Failed problem={step.problem} /> : null}
      <Compute round={round} holder={holder} version={null} step={step} />
    </Card>
  );
}

function Compute({
  round,
  holder,
  version,
  step,
  onDone,
}: {
  round: string;
  holder: string;
  version: number | null;
  step: ReturnType<typeof useStep>;
  onDone?: () => void;
}) {
  const { t, say } = useWork();
  const [{ data }] = useQuery({ query: RulesDocument });
  const [{ data: rounds }] = useQuery({ query: WorksheetDocument, variables: { round, holder } });
  const [rule, setRule] = useState('');
  const compute = () => {
    const supply = rounds?.round;
    const boxes = supply?.supplyVials ? Math.floor(supply.supplyVials / supply.packVials) : null;
    const short = [
      { name: 'base', indicator: 'population', ...(boxes === null ? {} : { units: Math.floor(boxes * 0.8) }) },
      { name: 'adjustment', indicator: 'wish' },
    ];
    const input = {
      id: newId(),
      round,
      holder,
      ...(version === null ? {} : { version }),
      ...(rule ? { rule } : { components: short }),
    };
    void step
      .run(async () => (await write(step.client, ComputePlanDocument, { input })).computePlan)
      .then((moved) => moved && onDone?.());
  };
  return (
    <div className="inline-field">
      <label htmlFor="rule">{t.sheet.rule}</label>
      <select id="rule" value={rule} onChange={(event) => setRule(event.target.value)}>
        <option value="">{t.sheet.shortRule}</option>
        {data?.rules.map((each) => (
          <option key={each.name} value={each.name}>{`${say(each.title)} (${each.name})`}</option>
        ))}
      </select>
      <button type="button" className="button primary" disabled={step.isBusy} onClick={compute}>
        {step.isBusy ? `${t.sheet.computing}…` : t.sheet.compute}
      </button>
    </div>
  );
}

function Sheet({
  round,
  product,
  plan,
  reload,
  fetching,
}: {
  round: string;
  product: string;
  plan: Plan;
  reload: () => void;
  fetching: boolean;
}) {
  const { t, num, dayTime } = useWork();
  const me = useMe();
  const step = useStep(reload);
  const holder = plan.holder.code;
  const isMine = me.territory.code === holder && ['ministry', 'prefecture', 'municipality'].includes(me.role);
  const canEdit = isMine && (plan.state === 'computed' || plan.state === 'draft');
  const [state, setState] = useState<State>(EMPTY);
  const [filter, setFilter] = useState('');
  const [onlyChanged, setOnlyChanged] = useState(false);
  const [here, setHere] = useState<string | null>(null);
  const [dialog, setDialog] = useState<'save' | 'commit' | 'takeBack' | 'paste' | 'compute' | null>(null);
  const [told, setTold] = useState<string | null>(null);

  const [{ data: stocks }] = useQuery({
    query: StocksDocument,
    variables: { code: holder, product },
    pause: plan.level !== 'prefecture',
  });
  const stockOf = useMemo(
    () => new Map(stocks?.territory?.children.edges.map(({ node }) => [node.code, node.stockSum?.availableVials ?? null])),
    [stocks],
  );
  // a prefecture's line of the national run has no figures of its own: they are the sums of its municipalities'
  const [below] = useQuery({ query: BelowDocument, variables: { plan: plan.planId }, pause: plan.level !== 'nation' });
  const sums = useMemo(() => {
    const found = new Map<string, number>();
    for (const { node } of below.data?.plan?.lines.edges ?? []) {
      for (const { indicator, value } of node.figures) {
        const key = node.recipient.slice(0, 2) + indicator;
        found.set(key, (found.get(key) ?? 0) + value);
      }
    }
    return found;
  }, [below.data]);
  const rows = useMemo<GridRow[]>(
    () =>
      plan.lines.edges.map(({ node, cursor }, index) => {
        const figure = (indicator: string) =>
          node.figures.find((each) => each.indicator === indicator)?.value ??
          sums.get(node.recipient.slice(0, 2) + indicator) ??
          null;
        return {
          key: node.recipient,
          name: node.name,
          computed: node.computed,
          saved: node.units,
          flags: node.flags,
          state: node.state,
          reason: node.adjustedReason,
          by: node.adjustedBy,
          cursor,
          before: plan.lines.edges[index - 1]?.cursor ?? null,
          population: figure('population_total'),
          wish: figure('wish_vials'),
          stock: stockOf.get(node.recipient) ?? null,
        };
      }),
    [plan.lines.edges, stockOf, sums],
  );
  const byKey = useMemo(() => new Map<string, Row>(rows.map((row) => [row.key, row])), [rows]);
  const shown = useMemo(() => {
    const wanted = filter.normalize('NFKC').trim();
    return rows.filter(
      (row) =>
        (wanted === '' || row.name.includes(wanted) || row.key.startsWith(wanted)) &&
        (!onlyChanged || unitsOf(row, state.edits) !== row.computed),
    );
  }, [rows, filter, onlyChanged, state.edits]);

  const supply = Math.floor(plan.supplyVials / plan.unitVials);
  const total = totalOf(rows, state.edits);
  const remainder = supply - total;
  const changed = Object.keys(state.edits).length;

  // a newer version was read: what has become the saved number is no change any more
  useEffect(() => {
    setState((now) => change({ ...EMPTY, edits: {} }, byKey, Object.entries(now.edits)));
  }, [byKey]);

  const set = useCallback((changes: readonly Change[]) => setState((now) => change(now, byKey, changes)), [byKey]);
  const onKey = (event: KeyboardEvent) => {
    if (event.nativeEvent.isComposing || !(event.ctrlKey || event.metaKey)) return;
    const key = event.key.toLowerCase();
    if (key === 'z' && !event.shiftKey) setState(undo);
    else if (key === 'y' || (key === 'z' && event.shiftKey)) setState(redo);
    else return;
    event.preventDefault();
  };
  const [pasted, setPasted] = useState('');
  const onPaste = (event: ClipboardEvent) => {
    const text = event.clipboardData.getData('text/plain');
    if (!canEdit || !/[\t\n]/.test(text.trim())) return;
    event.preventDefault();
    setPasted(text);
    setDialog('paste');
  };
  const input = () => ({ input: { id: newId(), plan: plan.planId, version: plan.version } });
  const submit = async () => (await write(step.client, SubmitPlanDocument, input())).submitPlan;
  const approve = async () => (await write(step.client, ApprovePlanDocument, input())).approvePlan;
  const commit = async () => (await write(step.client, CommitPlanDocument, input())).commitPlan;
  const save = async (reason: string) => {
    setDialog(null);
    const lines = Object.entries(state.edits).map(([recipient, units]) => ({ recipient, units }));
    const input = { id: newId(), plan: plan.planId, version: plan.version, reason, lines };
    await step.run(async () => (await write(step.client, AdjustLineDocument, { input })).adjustLine, lines.length);
  };
  const takeBack = async (reason: string) => {
    setDialog(null);
    const input = { id: newId(), plan: plan.planId, version: plan.version, reason };
    await step.run(async () => (await write(step.client, TakeBackPlanDocument, { input })).takeBackPlan);
  };
  const csvRows = () =>
    rows.map((row) => [
      row.key,
      row.name,
      row.population,
      row.stock,
      row.wish,
      row.computed,
      unitsOf(row, state.edits),
      unitsOf(row, state.edits) - row.computed,
    ]);
  const current = rows.find((row) => row.key === here) ?? shown[0] ?? null;
  const isSubmitter = plan.submittedBy === me.name;

  return (
    <>
      <ol className="steps" aria-label={t.sheet.states}>
        {FLOW.map((each) => (
          <li key={each} aria-current={plan.state === each ? 'step' : undefined}>
            {t.planStates[each]}
          </li>
        ))}
      </ol>
      <div aria-live="polite">
        {step.done ? <Notice tone="good" title={step.done} /> : null}
        {told ? <Notice tone="info" title={told} /> : null}
      </div>
      {step.problem ? <Failed problem={step.problem} /> : null}
      {step.stale ? (
        <Difference
          stale={step.stale}
          rows={byKey}
          edits={state.edits}
          onChoose={(key, units) => set([[key, units]])}
          onNewest={(keep) => {
            setState({ ...EMPTY, edits: keep });
            step.setStale(null);
            reload();
          }}
        />
      ) : null}
      <div className="totals" role="group" aria-label={t.total}>
        <dl>
          <div>
            <dt>{t.sheet.supply}</dt>
            <dd>
              {num(supply)} <small>{t.sheet.unit}</small>
            </dd>
          </div>
          <div>
            <dt>{t.sheet.given}</dt>
            <dd>
              {num(total)} <small>{t.sheet.unit}</small>
            </dd>
          </div>
          <div className={remainder < 0 ? 'over' : ''}>
            <dt>{t.sheet.remainder}</dt>
            <dd>
              {remainder < 0 ? `\u2212${num(-remainder)}` : num(remainder)}{' '}
              <small>
                {t.sheet.unit}
                {remainder < 0 ? ` × ${t.sheet.over}` : ''}
              </small>
            </dd>
          </div>
        </dl>
        <p className="actions">
          {changed > 0 ? <Badge tone="info">{t.sheet.changed(changed)}</Badge> : null}
          {canEdit && changed > 0 ? (
            <button
              type="button"
              className="button primary"
              disabled={step.isBusy || remainder < 0}
              onClick={() => setDialog('save')}
            >
              {t.sheet.save}
            </button>
          ) : null}
          {canEdit && changed === 0 ? (
            <button
              type="button"
              className="button primary"
              disabled={step.isBusy || fetching}
              onClick={() => void step.run(submit)}
            >
              {t.sheet.submit}
            </button>
          ) : null}
          {isMine && plan.state === 'submitted' ? (
            <button type="button" className="button" disabled={step.isBusy} onClick={() => setDialog('takeBack')}>
              {t.sheet.takeBack}
            </button>
          ) : null}
          {isMine && plan.state === 'submitted' && !isSubmitter ? (
            <button type="button" className="button primary" disabled={step.isBusy} onClick={() => void step.run(approve)}>
              {t.sheet.approve}
            </button>
          ) : null}
          {isMine && plan.state === 'approved' ? (
            <button type="button" className="button primary" disabled={step.isBusy} onClick={() => setDialog('commit')}>
              {t.sheet.commit}
            </button>
          ) : null}
        </p>
      </div>
      {isMine && plan.state === 'submitted' && isSubmitter ? <p className="quiet">{t.sheet.second}</p> : null}
      {isMine ? null : <Notice tone="info" title={t.sheet.readOnly} />}
      <div className="with-side">
        <Card>
          <div className="toolbar">
            <span className="inline-field">
              <label htmlFor="filter">{t.sheet.filter}</label>
              <input id="filter" value={filter} onChange={(event) => setFilter(event.target.value)} />
            </span>
            <label className="check">
              <input type="checkbox" checked={onlyChanged} onChange={(event) => setOnlyChanged(event.target.checked)} />
              {t.sheet.onlyChanged}
            </label>
            {canEdit ? (
              <>
                <button type="button" className="button" disabled={state.past.length === 0} onClick={() => setState(undo)}>
                  {t.sheet.undo}
                </button>
                <button type="button" className="button" disabled={state.future.length === 0} onClick={() => setState(redo)}>
                  {t.sheet.redo}
                </button>
                <button
                  type="button"
                  className="button"
                  onClick={() => {
                    setPasted('');
                    setDialog('paste');
                  }}
                >
                  {t.sheet.paste}
                </button>
                <button type="button" className="button" onClick={() => set(rows.map((row) => [row.key, row.computed]))}>
                  {t.sheet.accept}
                </button>
              </>
            ) : null}
            {isMine && plan.state === 'computed' && !plan.rule.byHand && !(plan.rule.ofNationalRun && plan.level !== 'nation') ? (
              <button type="button" className="button" onClick={() => setDialog('compute')}>
                {t.sheet.recompute}
              </button>
            ) : null}
            <button
              type="button"
              className="button"
              onClick={() =>
                saveCsv(
                  `plan_${holder}_v${plan.version}`,
                  ['code', 'name', 'population', 'stock_vials', 'wish_vials', 'computed', 'units', 'difference'],
                  csvRows(),
                )
              }
            >
              {t.csv}
            </button>
          </div>
          <p className="quiet" aria-live="polite">
            {t.sheet.rows(num(shown.length), num(rows.length))}
            {canEdit ? ` ｜ ${t.sheet.keys}` : ''}
          </p>
          <div onKeyDown={onKey} onPaste={onPaste}>
            <Grid
              rows={shown}
              edits={state.edits}
              unitVials={plan.unitVials}
              canEdit={canEdit}
              here={here}
              onHere={setHere}
              onChange={set}
              columns={{ stock: plan.level === 'prefecture' }}
            />
          </div>
        </Card>
        <div className="side">
          <Why plan={plan.planId} row={current} below={false} />
        </div>
      </div>
      {plan.level === 'nation' ? <Below plan={plan.planId} answer={below} /> : null}
      {['ministry', 'prefecture'].includes(me.role) ? <Compare round={round} holder={holder} /> : null}
      <History plan={plan} names={byKey} />
      <p className="quiet">
        {t.sheet.version(plan.version)} ｜{' '}
        {plan.rule.name ?? plan.rule.components.map((each) => t.sheet.component[each.name] ?? each.name).join(' + ')} ｜{' '}
        {dayTime(plan.computedAt)}
        {plan.state === 'committed' ? (
          <>
            {' '}
            ｜ <a href={`/v1/plans/${plan.planId}/document`}>{t.sheet.document}</a>
          </>
        ) : null}
      </p>
      <ReasonDialog
        title={t.sheet.save}
        open={dialog === 'save'}
        onClose={() => setDialog(null)}
        onGo={(reason) => void save(reason)}
      />
      <ReasonDialog
        title={t.sheet.takeBack}
        open={dialog === 'takeBack'}
        onClose={() => setDialog(null)}
        onGo={(reason) => void takeBack(reason)}
      />
      <Dialog title={t.sheet.confirmTitle} open={dialog === 'commit'} onClose={() => setDialog(null)}>
        <p>{t.sheet.confirmCommit}</p>
        <p className="actions">
          <button
            type="button"
            className="button primary"
            onClick={() => {
              setDialog(null);
              void step.run(commit);
            }}
          >
            {t.sheet.commit}
          </button>
          <button type="button" className="button" onClick={() => setDialog(null)}>
            {t.cancel}
          </button>
        </p>
      </Dialog>
      <Dialog title={t.sheet.recompute} open={dialog === 'compute'} onClose={() => setDialog(null)}>
        <Compute round={round} holder={holder} version={plan.version} step={step} onDone={() => setDialog(null)} />
      </Dialog>
      <Paste
        open={dialog === 'paste'}
        text={pasted}
        rows={shown}
        start={here}
        onClose={() => setDialog(null)}
        onTake={(changes, message) => {
          set(changes);
          setTold(message);
          setDialog(null);
        }}
      />
    </>
  );
}

function ReasonDialog({
  title,
  open,
  onClose,
  onGo,
}: {
  title: string;
  open: boolean;
  onClose: () => void;
  onGo: (reason: string) => void;
}) {
  const { t } = useWork();
  const [reason, setReason] = useState('');
  const field = useRef<HTMLTextAreaElement>(null);
  useEffect(() => {
    if (open) field.current?.focus();
  }, [open]);
  return (
    <Dialog title={title} open={open} onClose={onClose}>
      <div className="field">
        <label htmlFor="reason">{t.reason}</label>
        <p className="hint" id="reason-hint">
          {t.reasonHint}
        </p>
        <textarea
          ref={field}
          id="reason"
          aria-describedby="reason-hint"
          maxLength={500}
          value={reason}
          onChange={(event) => setReason(event.target.value)}
        />
      </div>
      <p className="actions">
        <button
          type="button"
          className="button primary"
          disabled={reason.trim() === ''}
          onClick={() => {
            onGo(reason.trim());
            setReason('');
          }}
        >
          {title}
        </button>
        <button type="button" className="button" onClick={onClose}>
          {t.cancel}
        </button>
      </p>
    </Dialog>
  );
}
