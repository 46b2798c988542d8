import { useQuery } from 'urql';
import { WhyDocument } from '../gql/allocation';
import { useWork } from '../i18n/work';
import { Card, Waiting } from '../ui/parts';
import type { GridRow } from './Grid';

type Figure = { indicator: string; value: number | string; unit: string; as_of?: string; source?: string };

function figuresOf(details: string): Figure[] {
  try {
    const parsed = JSON.parse(details) as { figures?: Figure[] };
    return parsed.figures ?? [];
  } catch {
    return [];
  }
}

/** Why a line was computed so: the rule's sentence for each of its parts, and the figures behind it. */
export function Why({ plan, row, below }: { plan: string; row: GridRow | null; below: boolean }) {
  const { paren, t, num, lang, longDay } = useWork();
  const [{ data, fetching, error }] = useQuery({
    query: WhyDocument,
    variables: { plan, after: row?.before ?? null, below },
    pause: row === null,
    requestPolicy: 'cache-first',
  });
  const line = data?.plan?.lines.edges[0]?.node;
  const isIt = row !== null && line?.recipient === row.key;
  const names: Record<string, string> = { population_total: t.sheet.population, wish_vials: t.sheet.wish };
  return (
    <Card title={row ? t.sheet.whyOf(row.name) : t.sheet.why}>
      {row === null ? <p className="quiet">{t.sheet.selectRow}</p> : null}
      {row !== null && !isIt ? <Waiting fetching={fetching} error={error} /> : null}
      {isIt && line ? (
        <>
          <p>
            <b className="num">{num(line.computed)}</b> {t.sheet.unit}
          </p>
          {line.explanations.map((part) => (
            <div key={part.component} className="sentence">
              <b>{t.sheet.component[part.component] ?? part.component}</b>
              <p>{lang === 'ja' ? part.ja.replace(/^[a-z_]+：/, '') : part.en.replace(/^[A-Z][a-z_]+: /, '')}</p>
            </div>
          ))}
          {line.nextUnitAfter === null ? null : <p>{t.sheet.next(num(line.nextUnitAfter))}</p>}
          {figuresOf(line.details).length > 0 ? (
            <>
              <h3>{t.sheet.figures}</h3>
              <dl className="facts">
                {figuresOf(line.details).map((figure) => (
                  <div key={figure.indicator} style={{ display: 'contents' }}>
                    <dt>{names[figure.indicator] ?? figure.indicator}</dt>
                    <dd>
                      <b>{typeof figure.value === 'number' ? num(figure.value) : figure.value}</b>
                      <span className="quiet">
                        {' '}
                        {figure.as_of ? longDay(figure.as_of) : ''} <span lang="ja">{figure.source}</span>
                      </span>
                    </dd>
                  </div>
                ))}
              </dl>
            </>
          ) : null}
          {row.reason ? (
            <p className="quiet">
              {t.sheet.reason}: {row.reason}
              {paren(row.by)}
            </p>
          ) : null}
        </>
      ) : null}
    </Card>
  );
}
