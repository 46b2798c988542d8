import { useEffect, useState, type FormEvent } from 'react';
import { rest } from '../api/http';
import { Problem } from '../api/problem';
import { useWork } from '../i18n/work';
import { Failed, Notice, Waiting } from '../ui/parts';

type Begun = { secret: string; otpauth_uri: string };
type Confirmed = { recovery_codes: readonly string[] };
const GROUP = /.{1,4}/g;

/** A second factor is registered: the authenticator is given a secret, and proves it with a first code. */
export function Enrol({ token, otp, onDone }: { token: string | null; otp?: string; onDone: () => void }) {
  const { t } = useWork();
  const [begun, setBegun] = useState<Begun | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const [code, setCode] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isBusy, setBusy] = useState(false);
  useEffect(() => {
    rest<Begun>('POST', '/v1/me/second-factor', { ...(token ? { enrolment_token: token } : {}), ...(otp ? { otp } : {}) }, true)
      .then(setBegun)
      .catch((failure: unknown) => setProblem(failure instanceof Problem ? failure : null));
  }, [token, otp]);
  const confirm = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    setProblem(null);
    try {
      const body = { ...(token ? { enrolment_token: token } : {}), otp: code.normalize('NFKC').replace(/\s/g, '') };
      setCodes((await rest<Confirmed>('POST', '/v1/me/second-factor:confirm', body, true)).recovery_codes);
    } catch (failure) {
      if (failure instanceof Problem) setProblem(failure);
    } finally {
      setBusy(false);
    }
  };
  if (codes) {
    return (
      <>
        <Notice tone="good" focus title={t.account.enrolled}>
          <p>{t.account.recovery}</p>
        </Notice>
        <ul className="code">
          {codes.map((each) => (
            <li key={each}>{each}</li>
          ))}
        </ul>
        <p className="actions">
          <button type="button" className="button" onClick={() => print()}>
            {t.print}
          </button>
          <button type="button" className="button primary" onClick={onDone}>
            {t.account.kept}
          </button>
        </p>
      </>
    );
  }
  return (
    <>
      {problem ? <Failed problem={problem} /> : null}
      {begun ? (
        <form onSubmit={(event) => void confirm(event)}>
          <ol>
            <li>{t.account.step1}</li>
            <li>
              {t.account.step2}
              <p className="code">
                <b>{begun.secret.match(GROUP)?.join(' ')}</b>
              </p>
              <p>
                <a href={begun.otpauth_uri}>{t.account.openApp}</a>
              </p>
            </li>
            <li>
              <label htmlFor="first-code">{t.account.step3}</label>
              <p>
                <input
                  id="first-code"
                  inputMode="numeric"
                  autoComplete="one-time-code"
                  value={code}
                  onChange={(event) => setCode(event.target.value)}
                />
              </p>
            </li>
          </ol>
          <p className="actions">
            <button className="button primary" disabled={isBusy || code.trim() === ''}>
              {t.account.confirm}
            </button>
          </p>
        </form>
      ) : (
        <Waiting fetching={!problem} />
      )}
    </>
  );
}
