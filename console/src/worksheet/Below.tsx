import { useMemo, useState } from 'react';
import type { UseQueryState } from 'urql';
import type { BelowQuery } from '../gql/types';
import { useWork } from '../i18n/work';
import { Card, Waiting } from '../ui/parts';
import { Grid, type GridRow } from './Grid';
import { Why } from './Why';

const NO_EDITS = {};
const ignore = () => undefined;

/** The municipalities that the lines of the nation's plan are the sums of: all 1,741. */
export function Below({ plan, answer }: { plan: string; answer: UseQueryState<BelowQuery> }) {
  const { t, num } = useWork();
  const [isOpen, setOpen] = useState(false);
  const [here, setHere] = useState<string | null>(null);
  const [filter, setFilter] = useState('');
  const { data, fetching, error } = answer;
  const edges = data?.plan?.lines.edges;
  const rows = useMemo<GridRow[]>(
    () =>
      (edges ?? []).map(({ node, cursor }, index) => {
        const figure = (indicator: string) => node.figures.find((each) => each.indicator === indicator)?.value ?? null;
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
          before: edges?.[index - 1]?.cursor ?? null,
          population: figure('population_total'),
          wish: figure('wish_vials'),
          stock: null,
        };
      }),
    [edges],
  );
  const wanted = filter.normalize('NFKC').trim();
  const shown = useMemo(
    () => rows.filter((row) => wanted === '' || row.name.includes(wanted) || row.key.startsWith(wanted)),
    [rows, wanted],
  );
  return (
    <Card
      title={t.sheet.belowTitle}
      aside={
        isOpen ? null : (
          <button type="button" className="button" onClick={() => setOpen(true)}>
            {t.sheet.belowOpen}
          </button>
        )
      }
    >
      {isOpen ? (
        rows.length === 0 ? (
          <Waiting fetching={fetching} error={error} />
        ) : (
          <div className="with-side">
            <div>
              <div className="toolbar">
                <label htmlFor="below-filter">{t.sheet.filter}</label>
                <input id="below-filter" value={filter} onChange={(event) => setFilter(event.target.value)} />
                <span className="quiet" aria-live="polite">
                  {t.sheet.rows(num(shown.length), num(rows.length))}
                </span>
              </div>
              <Grid
                rows={shown}
                edits={NO_EDITS}
                unitVials={data?.plan?.unitVials ?? 1}
                canEdit={false}
                here={here}
                onHere={setHere}
                onChange={ignore}
                columns={{ stock: false }}
              />
            </div>
            <Why plan={plan} row={rows.find((row) => row.key === here) ?? null} below />
          </div>
        )
      ) : null}
    </Card>
  );
}
