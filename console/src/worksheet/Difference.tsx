import type { StaleFragment } from '../gql/types';
import { useWork } from '../i18n/work';
import type { Edits, Row } from '../lib/sheet';
import { Notice } from '../ui/parts';

/** A second officer was faster: what they changed, line by line, and what becomes of one's own entries. */
export function Difference({
  stale,
  rows,
  edits,
  onChoose,
  onNewest,
}: {
  stale: StaleFragment;
  rows: ReadonlyMap<string, Row>;
  edits: Edits;
  onChoose: (key: string, units: number) => void;
  onNewest: (keep: Edits) => void;
}) {
  const { t, num, say } = useWork();
  return (
    <Notice tone="warn" live focus title={t.sheet.stale}>
      <p>
        {say(stale.message)} {stale.currentVersion === null ? '' : t.sheet.version(stale.currentVersion)}
      </p>
      {stale.difference.length === 0 ? (
        <p>{t.sheet.staleNone}</p>
      ) : (
        <>
          <p>{t.sheet.staleLead}</p>
          <div className="scroll" tabIndex={0} role="group" aria-label={t.sheet.difference}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t.sheet.place}</th>
                  <th scope="col" className="num">
                    {t.sheet.staleMine}
                  </th>
                  <th scope="col" className="num">
                    {t.sheet.staleTheirs}
                  </th>
                  <th scope="col">{t.by}</th>
                  <th scope="col">{t.reason}</th>
                  <th scope="col" className="num">
                    {t.sheet.staleWant}
                  </th>
                  <th scope="col">
                    <span className="visually-hidden">{t.sheet.takeTheirs}</span>
                  </th>
                </tr>
              </thead>
              <tbody>
                {stale.difference.map((line) => {
                  const mine = edits[line.recipient];
                  return (
                    <tr key={line.recipient}>
                      <th scope="row">{rows.get(line.recipient)?.name ?? line.recipient}</th>
                      <td className="num">{num(line.yours)}</td>
                      <td className="num">
                        <b>{num(line.theirs)}</b>
                      </td>
                      <td>{line.by}</td>
                      <td>{line.reason ?? ''}</td>
                      <td className="num">{mine === undefined ? '—' : num(mine)}</td>
                      <td>
                        {mine === undefined ? null : (
                          <button type="button" className="button" onClick={() => onChoose(line.recipient, line.yours)}>
                            {t.sheet.takeTheirs}
                          </button>
                        )}
                      </td>
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </div>
        </>
      )}
      <p className="actions">
        <button type="button" className="button primary" onClick={() => onNewest(edits)}>
          {t.sheet.useNewest}
        </button>
      </p>
    </Notice>
  );
}
