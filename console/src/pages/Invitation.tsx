import { useState, type FormEvent } from 'react';
import { Link } from 'wouter';
import { rest } from '../api/http';
import { Problem } from '../api/problem';
import { useWork } from '../i18n/work';
import { newId } from '../lib/id';
import { Failed, Notice, Page } from '../ui/parts';

/** An invitation is redeemed: by the token of its link, or by the account's name and the code that was read out. */
export default function Invitation() {
  const { t } = useWork();
  // the token stands behind the hash, so that no server log holds it
  const [token] = useState(() => new URLSearchParams(location.hash.slice(1)).get('token') ?? '');
  const [name, setName] = useState('');
  const [code, setCode] = useState('');
  const [password, setPassword] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [done, setDone] = useState<string | null>(null);
  const [id] = useState(() => newId());
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    try {
      const who = token ? { token } : { name: name.trim(), code: code.trim() };
      setDone((await rest<{ name: string }>('POST', '/v1/invitations:redeem', { id, ...who, password }, true)).name);
    } catch (failure) {
      if (failure instanceof Problem) setProblem(failure);
    }
  };
  return (
    <Page narrow title={t.invitation.title} lead={t.invitation.lead}>
      {problem ? <Failed problem={problem} /> : null}
      {done === null ? (
        <form className="card" onSubmit={(event) => void send(event)}>
          {token ? null : (
            <>
              <div className="field">
                <label htmlFor="name">{t.signIn.name}</label>
                <input id="name" autoComplete="username" value={name} onChange={(event) => setName(event.target.value)} />
              </div>
              <div className="field">
                <label htmlFor="code">{t.invitation.code}</label>
                <input id="code" autoComplete="off" value={code} onChange={(event) => setCode(event.target.value)} />
              </div>
            </>
          )}
          <div className="field">
            <label htmlFor="password">{t.account.next}</label>
            <p className="hint" id="password-hint">
              {t.account.nextHint}
            </p>
            <input
              id="password"
              type="password"
              autoComplete="new-password"
              aria-describedby="password-hint"
              value={password}
              onChange={(event) => setPassword(event.target.value)}
            />
          </div>
          <button className="button primary" disabled={password === '' || (!token && (name.trim() === '' || code.trim() === ''))}>
            {t.invitation.redeem}
          </button>
        </form>
      ) : (
        <Notice tone="good" focus title={t.invitation.done(done)}>
          <Link href="/">{t.signIn.title}</Link>
        </Notice>
      )}
    </Page>
  );
}
