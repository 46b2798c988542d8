import { useState, type FormEvent } from 'react';
import { Link } from 'wouter';
import { Problem } from '../api/problem';
import { useSession } from '../api/session';
import { useI18n } from '../i18n';
import { Failed, Notice, Page } from '../ui/parts';
import { Enrol } from '../account/Enrol';
import { Vital } from './Notices';

export default function SignIn() {
  const { t } = useI18n();
  const { signIn, resume, ended } = useSession();
  const [enrolment, setEnrolment] = useState(() => new URLSearchParams(location.hash.slice(1)).get('enrolment_token'));
  const [username, setUsername] = useState('');
  const [password, setPassword] = useState('');
  const [otp, setOtp] = useState('');
  const [needsSecond, setNeedsSecond] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isMissing, setMissing] = useState(false);
  const [isBusy, setBusy] = useState(false);

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (username.trim() === '' || password === '') return setMissing(true);
    setMissing(false);
    setBusy(true);
    setProblem(null);
    try {
      await signIn(username.trim(), password, needsSecond ? otp.normalize('NFKC').replace(/\s/g, '') : undefined);
    } catch (failure) {
      const refused =
        failure instanceof Problem ? failure : new Problem('console.failed', { ja: String(failure), en: String(failure) });
      if (refused.code === 'auth.second_factor_required') setNeedsSecond(true);
      else if (refused.enrolmentToken !== null) setEnrolment(refused.enrolmentToken);
      else setProblem(refused);
      setBusy(false);
    }
  };

  if (enrolment !== null) {
    return (
      <Page title={t.signIn.secondTitle} lead={t.signIn.enrol} narrow>
        <div className="card">
          <Enrol token={enrolment} onDone={() => void resume()} />
        </div>
      </Page>
    );
  }
  return (
    <Page title={needsSecond ? t.signIn.secondTitle : t.signIn.title} narrow>
      <Vital />
      {ended && !problem ? <Notice tone="info" live title={t.signIn.ended} /> : null}
      {problem ? <Failed problem={problem} /> : null}
      <form className="card form" onSubmit={(event) => void submit(event)} noValidate>
        {needsSecond ? (
          <div className="field">
            <p>{t.signIn.secondBody}</p>
            <label htmlFor="otp">{t.signIn.second}</label>
            <p className="hint" id="otp-hint">
              {t.signIn.secondHint}
            </p>
            <input
              id="otp"
              inputMode="numeric"
              autoComplete="one-time-code"
              aria-describedby="otp-hint"
              value={otp}
              onChange={(event) => setOtp(event.target.value)}
              autoFocus
            />
          </div>
        ) : (
          <>
            <div className="field">
              <label htmlFor="username">{t.signIn.name}</label>
              <input
                id="username"
                autoComplete="username"
                autoCapitalize="none"
                spellCheck={false}
                value={username}
                aria-invalid={isMissing && username.trim() === ''}
                aria-describedby="username-error"
                onChange={(event) => setUsername(event.target.value)}
              />
              <p className="error" id="username-error">
                {isMissing && username.trim() === '' ? `× ${t.signIn.required(t.signIn.name)}` : ''}
              </p>
            </div>
            <div className="field">
              <label htmlFor="password">{t.signIn.password}</label>
              <input
                id="password"
                type="password"
                autoComplete="current-password"
                value={password}
                aria-invalid={isMissing && password === ''}
                aria-describedby="password-error"
                onChange={(event) => setPassword(event.target.value)}
              />
              <p className="error" id="password-error">
                {isMissing && password === '' ? `× ${t.signIn.required(t.signIn.password)}` : ''}
              </p>
            </div>
          </>
        )}
        <p className="actions">
          <button className="button primary" disabled={isBusy}>
            {isBusy ? `${t.signIn.working}…` : t.signIn.submit}
          </button>
          {needsSecond ? (
            <button
              type="button"
              className="link"
              onClick={() => {
                setNeedsSecond(false);
                setOtp('');
              }}
            >
              {t.signIn.other}
            </button>
          ) : null}
        </p>
      </form>
      <p className="quiet">{t.signIn.lost}</p>
      <p>
        <Link href="/situation">{t.signIn.publicLink}</Link>
      </p>
    </Page>
  );
}
