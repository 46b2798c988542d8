import { useState } from 'react';
import { useClient, useQuery } from 'urql';
import { write } from '../api/graph';
import { Problem } from '../api/problem';
import { RulesDocument, RunWhatIfDocument } from '../gql/allocation';
import type { RunWhatIfMutation } from '../gql/types';
import { useWork } from '../i18n/work';
import { saveCsv } from '../lib/csv';
import { newId } from '../lib/id';
import { Badge, Card, Failed } from '../ui/parts';

type Done = Extract<RunWhatIfMutation['runWhatIf'], { __typename: 'WhatIfDone' }>;

/** What other rules would give, side by side. It is no allocation, and says so. */
export function Compare({ round, holder }: { round: string; holder: string }) {
  const { t, num, signed, say } = useWork();
  const client = useClient();
  const [isOpen, setOpen] = useState(false);
  const [{ data }] = useQuery({ query: RulesDocument, pause: !isOpen });
  const rules = data?.rules ?? [];
  const [chosen, setChosen] = useState<readonly [string, string]>(['', '']);
  const [done, setDone] = useState<Done | null>(null);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  const names = [chosen[0] || rules[0]?.name, chosen[1] || rules[1]?.name].filter((name): name is string => Boolean(name));
  const run = async () => {
    setBusy(true);
    setProblem(null);
    try {
      const { runWhatIf: answer } = await write(client, RunWhatIfDocument, {
        input: { id: newId(), round, holder, rules: [...new Set(names)].map((rule) => ({ rule })) },
      });
      if (answer.__typename === 'WhatIfDone') setDone(answer);
      else setProblem(new Problem(answer.code, answer.message, answer.errors));
    } catch (failure) {
      if (failure instanceof Problem) setProblem(failure);
    } finally {
      setBusy(false);
    }
  };
  const places = done?.whatIf?.places.edges.map((edge) => edge.node) ?? [];
  const runs = done?.whatIf?.runs ?? [];
  const even = (ppm: number | null | undefined) => (ppm == null ? '—' : (ppm / 1_000_000).toFixed(4));
  return (
    <Card
      title={t.sheet.compare}
      aside={
        isOpen ? null : (
          <button type="button" className="button" onClick={() => setOpen(true)}>
            {t.open}
          </button>
        )
      }
    >
      {isOpen && rules.length === 0 && data ? <p>{t.sheet.whatIfNone}</p> : null}
      {isOpen && rules.length > 0 ? (
        <div className="toolbar">
          {[t.sheet.ruleA, t.sheet.ruleB].map((label, index) => (
            <span key={label} className="inline-field">
              <label htmlFor={`rule-${index}`}>{label}</label>
              <select
                id={`rule-${index}`}
                value={names[index] ?? ''}
                onChange={(event) => setChosen(index === 0 ? [event.target.value, chosen[1]] : [chosen[0], event.target.value])}
              >
                {rules.map((rule) => (
                  <option key={rule.name} value={rule.name}>
                    {say(rule.title)} ({rule.name})
                  </option>
                ))}
              </select>
            </span>
          ))}
          <button type="button" className="button" disabled={isBusy} onClick={() => void run()}>
            {isBusy ? `${t.sheet.computing}…` : t.sheet.whatIfRun}
          </button>
        </div>
      ) : null}
      {problem ? <Failed problem={problem} /> : null}
      {done?.whatIf ? (
        <>
          <p>
            <Badge tone="warn">{say(done.watermark)}</Badge>
          </p>
          <div
            className="scroll sheet-scroll"
            tabIndex={0}
            role="group"
            aria-label={t.sheet.compare}
            style={{ maxHeight: '28rem' }}
          >
            <table className="table-first">
              <thead>
                <tr>
                  <th scope="col">{t.sheet.place}</th>
                  {runs.map((each) => (
                    <th key={each.code + String(each.version)} scope="col" className="num">{`${each.code}@${each.version}`}</th>
                  ))}
                  {runs.length > 1 ? (
                    <th scope="col" className="num">
                      {t.sheet.difference}
                    </th>
                  ) : null}
                  <th scope="col" className="num">
                    {t.sheet.inForce}
                  </th>
                </tr>
              </thead>
              <tbody>
                <tr>
                  <th scope="row">{t.sheet.even}</th>
                  {runs.map((each) => (
                    <td key={each.code + String(each.version)} className="num">
                      {even(each.fairness.jainPpm)}
                    </td>
                  ))}
                  {runs.length > 1 ? <td /> : null}
                  <td />
                </tr>
                <tr>
                  <th scope="row">{t.sheet.reserve}</th>
                  {runs.map((each) => (
                    <td key={each.code + String(each.version)} className="num">
                      {num(each.reserveBoxes)}
                    </td>
                  ))}
                  {runs.length > 1 ? <td /> : null}
                  <td />
                </tr>
                {places.map((place) => (
                  <tr key={place.place}>
                    <th scope="row" lang="ja">
                      {place.name}
                    </th>
                    {place.boxes.map((boxes, index) => (
                      <td key={index} className="num">
                        {num(boxes)}
                      </td>
                    ))}
                    {runs.length > 1 ? (
                      <td className="num">
                        {(place.difference[1] ?? 0) === 0 ? t.words.unchanged : <b>{signed(place.difference[1] ?? 0)}</b>}
                      </td>
                    ) : null}
                    <td className="num">{place.inForce === null ? '—' : num(place.inForce)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          <p className="actions">
            <button
              type="button"
              className="button"
              onClick={() =>
                saveCsv(
                  `what-if_${holder}`,
                  ['code', 'name', ...runs.map((each) => `${each.code}@${each.version}`), 'in_force'],
                  places.map((place) => [place.place, place.name, ...place.boxes, place.inForce]),
                )
              }
            >
              {t.csv}
            </button>
          </p>
        </>
      ) : null}
    </Card>
  );
}
