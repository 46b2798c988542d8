import { useState } from 'react';
import { useClient } from 'urql';
import { write } from '../api/graph';
import { Problem } from '../api/problem';
import { AnswerObjectionDocument } from '../gql/allocation';
import type { WorksheetQuery } from '../gql/types';
import { useWork } from '../i18n/work';
import { newId } from '../lib/id';
import type { Row } from '../lib/sheet';
import { Card, Failed, Name } from '../ui/parts';

type Plan = NonNullable<NonNullable<WorksheetQuery['round']>['plan']>;

/** Who changed what and why, and what those below have said against it. */
export function History({ plan, names }: { plan: Plan; names: ReadonlyMap<string, Row> }) {
  const { t, num, dayTime } = useWork();
  return (
    <>
      {plan.objections.length > 0 ? (
        <Card title={t.sheet.objections}>
          <ul className="stack">
            {plan.objections.map((each) => (
              <li key={each.objectionId} className="job">
                <b>
                  <Name name={each.recipient.name} />
                </b>{' '}
                {num(each.units)}
                {each.unitsWished === null ? '' : ` → ${num(each.unitsWished)}`}{' '}
                <span className="quiet">
                  {each.by} {dayTime(each.at)}
                </span>
                <p>{each.text}</p>
                {each.answer ? (
                  <p>
                    <b>{t.sheet.objectionAnswer}:</b> {each.answer.decision === 'accepted' ? t.sheet.accepted : t.sheet.declined}{' '}
                    — {each.answer.text}
                  </p>
                ) : (
                  <Answer objection={each.objectionId} />
                )}
              </li>
            ))}
          </ul>
        </Card>
      ) : null}
      <Card title={t.sheet.history}>
        <div className="scroll" tabIndex={0} role="group" aria-label={t.sheet.history}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.at}</th>
                <th scope="col">{t.sheet.version(0).replace(/ ?0/, '')}</th>
                <th scope="col">{t.sheet.states}</th>
                <th scope="col">{t.sheet.place}</th>
                <th scope="col" className="num">
                  {t.sheet.typed}
                </th>
                <th scope="col">{t.reason}</th>
                <th scope="col">{t.by}</th>
              </tr>
            </thead>
            <tbody>
              {plan.changes.map((each, index) => (
                <tr key={`${each.version}-${each.recipient ?? ''}-${index}`}>
                  <td className="nowrap">{dayTime(each.at)}</td>
                  <td>{each.version}</td>
                  <td>{t.sheet.actions[each.action] ?? each.action}</td>
                  <td>{each.recipient ? (names.get(each.recipient)?.name ?? each.recipient) : ''}</td>
                  <td className="num">
                    {each.unitsBefore === null || each.unitsAfter === null
                      ? ''
                      : `${num(each.unitsBefore)} → ${num(each.unitsAfter)}`}
                  </td>
                  <td>{each.reason ?? ''}</td>
                  <td>{each.by}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
    </>
  );
}

function Answer({ objection }: { objection: string }) {
  const { t } = useWork();
  const client = useClient();
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const send = async (decision: 'accepted' | 'declined') => {
    try {
      const { answerObjection: answer } = await write(client, AnswerObjectionDocument, {
        input: { id: newId(), objection, decision, text },
      });
      if (answer.__typename === 'ObjectionRefused') setProblem(new Problem(answer.code, answer.message, answer.errors));
    } catch (failure) {
      if (failure instanceof Problem) setProblem(failure);
    }
  };
  return (
    <div>
      {problem ? <Failed problem={problem} /> : null}
      <label htmlFor={`answer-${objection}`}>{t.sheet.objectionAnswer}</label>
      <textarea id={`answer-${objection}`} value={text} maxLength={2000} onChange={(event) => setText(event.target.value)} />
      <p className="actions">
        <button type="button" className="button" disabled={text.trim() === ''} onClick={() => void send('accepted')}>
          {t.sheet.accepted}
        </button>
        <button type="button" className="button" disabled={text.trim() === ''} onClick={() => void send('declined')}>
          {t.sheet.declined}
        </button>
      </p>
    </div>
  );
}
