import { useCallback, useEffect, useState, type FormEvent } from 'react';
import { rest } from '../api/http';
import { Problem } from '../api/problem';
import { useMe } from '../api/session';
import { useWork } from '../i18n/work';
import { Enrol } from '../account/Enrol';
import { Badge, Card, Failed, Notice, Page, Waiting } from '../ui/parts';

type Standing = { enrolled: boolean; required: boolean; recovery_codes_left: number };
type Listed = { session_id: string; started_at: string; active_at: string; address: string; agent: string; current: boolean };

/** One's own account: password, second factor, and the sessions that are open. */
export default function Account() {
  const { t, say } = useWork();
  const me = useMe();
  return (
    <Page
      narrow
      title={t.account.title}
      lead={
        <>
          <b>{me.name}</b> ｜ {t.roles[me.role] ?? me.role} ｜ {say(me.organisation)}
        </>
      }
    >
      <SecondFactor />
      <Password name={me.name} />
      <Sessions />
    </Page>
  );
}

function SecondFactor() {
  const { t, num } = useWork();
  const [state, setState] = useState<Standing | null>(null);
  const [isOpen, setOpen] = useState(false);
  const [otp, setOtp] = useState('');
  const [asked, setAsked] = useState<string | null>(null);
  const load = useCallback(
    () =>
      void rest<{ second_factor: Standing }>('GET', '/v1/me')
        .then((me) => setState(me.second_factor))
        .catch(() => null),
    [],
  );
  useEffect(load, [load]);
  if (!state) return null;
  return (
    <Card
      title={t.account.secondFactor}
      aside={
        state.enrolled ? (
          <Badge tone="good">✓ {t.account.on}</Badge>
        ) : (
          <Badge tone={state.required ? 'warn' : 'plain'}>{t.account.off}</Badge>
        )
      }
    >
      {state.enrolled ? <p>{t.account.codesLeft(num(state.recovery_codes_left))}</p> : null}
      {isOpen && (!state.enrolled || asked !== null) ? (
        <Enrol
          token={null}
          {...(asked ? { otp: asked } : {})}
          onDone={() => {
            setOpen(false);
            setAsked(null);
            load();
          }}
        />
      ) : null}
      {isOpen && state.enrolled && asked === null ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            setAsked(otp.trim());
          }}
        >
          <label htmlFor="old-code">{t.account.oldCode}</label>
          <p>
            <input
              id="old-code"
              inputMode="numeric"
              autoComplete="one-time-code"
              value={otp}
              onChange={(event) => setOtp(event.target.value)}
            />
          </p>
          <button className="button" disabled={otp.trim() === ''}>
            {t.account.replace}
          </button>
        </form>
      ) : null}
      {isOpen ? null : (
        <button type="button" className="button" onClick={() => setOpen(true)}>
          {state.enrolled ? t.account.replace : t.account.enrol}
        </button>
      )}
    </Card>
  );
}

function Password({ name }: { name: string }) {
  const { t } = useWork();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [problem, setProblem] = useState<Problem | null>(null);
  const [isDone, setDone] = useState(false);
  const send = async (event: FormEvent) => {
    event.preventDefault();
    setProblem(null);
    setDone(false);
    try {
      await rest('POST', '/v1/me/password', { current, password: next }, true);
      setCurrent('');
      setNext('');
      setDone(true);
    } catch (failure) {
      if (failure instanceof Problem) setProblem(failure);
    }
  };
  return (
    <Card title={t.account.password}>
      {problem ? <Failed problem={problem} /> : null}
      {isDone ? <Notice tone="good" live title={t.account.passwordDone} /> : null}
      <form onSubmit={(event) => void send(event)}>
        <input type="text" autoComplete="username" value={name} readOnly hidden />
        <div className="field">
          <label htmlFor="current">{t.account.current}</label>
          <input
            id="current"
            type="password"
            autoComplete="current-password"
            value={current}
            onChange={(event) => setCurrent(event.target.value)}
          />
        </div>
        <div className="field">
          <label htmlFor="next">{t.account.next}</label>
          <p className="hint" id="next-hint">
            {t.account.nextHint}
          </p>
          <input
            id="next"
            type="password"
            autoComplete="new-password"
            aria-describedby="next-hint"
            value={next}
            onChange={(event) => setNext(event.target.value)}
          />
        </div>
        <button className="button" disabled={current === '' || next === ''}>
          {t.account.change}
        </button>
      </form>
    </Card>
  );
}

function Sessions() {
  const { t, dayTime } = useWork();
  const [list, setList] = useState<readonly Listed[] | null>(null);
  const load = useCallback(
    () =>
      void rest<{ sessions: Listed[] }>('GET', '/v1/sessions')
        .then((answer) => setList(answer.sessions))
        .catch(() => null),
    [],
  );
  useEffect(load, [load]);
  return (
    <Card title={t.account.sessions}>
      {list ? (
        <ul className="duties">
          {list.map((each) => (
            <li key={each.session_id}>
              <span>
                {dayTime(each.started_at)} {each.address} {each.current ? <Badge tone="info">{t.account.thisOne}</Badge> : null}
                <br />
                <span className="quiet">{each.agent}</span>
              </span>
              {each.current ? null : (
                <button
                  type="button"
                  className="button danger"
                  onClick={() => void rest('DELETE', `/v1/sessions/${each.session_id}`).then(load)}
                >
                  {t.account.end}
                  <span className="visually-hidden"> {dayTime(each.started_at)}</span>
                </button>
              )}
            </li>
          ))}
        </ul>
      ) : (
        <Waiting fetching />
      )}
    </Card>
  );
}
