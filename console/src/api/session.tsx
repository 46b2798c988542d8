import type { Client } from '@urql/core';
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Provider } from 'urql';
import { MeDocument } from '../gql/shared';
import type { MeQuery } from '../gql/types';
import { ask, makeClient } from './graph';
import { onSignedOut, rest, setBearer } from './http';
import { Problem } from './problem';

export type Me = MeQuery['viewer'] & { readonly training: boolean };
type Opened = { idle_minutes: number; access_token_expires_in: number };
type State = { phase: 'checking' | 'out' | 'in'; me: Me | null; ended: boolean };
export type Session = State & {
  signIn: (username: string, password: string, otp?: string) => Promise<void>;
  signOut: () => Promise<void>;
  /** Seconds until the session ends for want of activity; null while nobody is signed in. */
  idleSeconds: () => number | null;
  extend: () => Promise<void>;
};

// says that there may be a session; the session itself is in a cookie that no script can read
const MARK = 'meguri.session';
const Context = createContext<Session | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [client, setClient] = useState<Client>(makeClient);
  const [state, setState] = useState<State>(() => ({ phase: localStorage.getItem(MARK) ? 'checking' : 'out', me: null, ended: false }));
  const opened = useRef<Opened>({ idle_minutes: 15, access_token_expires_in: 300 });
  const active = useRef(Date.now());
  const renewed = useRef(Date.now());

  const out = useCallback((ended: boolean) => {
    localStorage.removeItem(MARK);
    sessionStorage.removeItem('meguri.bearer');
    setBearer('');
    setClient(makeClient());
    setState({ phase: 'out', me: null, ended });
  }, []);

  const enter = useCallback(async () => {
    const next = makeClient();
    const answer = await ask(next, MeDocument, {});
    if (answer.viewer.role === 'public') throw new Problem('auth.missing_token', { ja: '', en: '' }, [], 401);
    active.current = renewed.current = Date.now();
    localStorage.setItem(MARK, '1');
    setClient(next);
    setState({ phase: 'in', me: { ...answer.viewer, training: answer.clock.training }, ended: false });
  }, []);

  const renew = useCallback(async (activity: boolean) => {
    if (sessionStorage.getItem('meguri.bearer')) return;
    opened.current = await rest<Opened>('POST', '/v1/sessions:renew', { activity }, true);
    renewed.current = Date.now();
  }, []);

  // a page that is loaded again goes on with the session that there may be
  useEffect(() => {
    if (state.phase !== 'checking') return;
    setBearer(sessionStorage.getItem('meguri.bearer') ?? '');
    renew(true).then(enter).catch(() => out(true));
    // only once, when the page is loaded
    // eslint-disable-next-line
  }, []);

  useEffect(() => onSignedOut(() => setState((now) => (now.phase === 'in' ? { phase: 'out', me: null, ended: true } : now))), []);

  useEffect(() => {
    if (state.phase !== 'in') return;
    const note = () => {
      active.current = Date.now();
    };
    const events = ['pointerdown', 'keydown', 'wheel'] as const;
    for (const event of events) addEventListener(event, note, { passive: true });
    const timer = setInterval(() => {
      const idle = Date.now() - active.current;
      if (idle > opened.current.idle_minutes * 60_000) return out(true);
      const due = renewed.current + opened.current.access_token_expires_in * 600;
      if (Date.now() > due) {
        renew(active.current > renewed.current).catch((failure: unknown) => {
          if (failure instanceof Problem && (failure.status === 401 || failure.status === 403)) out(true);
        });
      }
    }, 5_000);
    return () => {
      clearInterval(timer);
      for (const event of events) removeEventListener(event, note);
    };
  }, [state.phase, renew, out]);

  const signIn = useCallback(
    async (username: string, password: string, otp?: string) => {
      try {
        opened.current = await rest<Opened>('POST', '/v1/sessions', { username, password, ...(otp ? { otp } : {}) }, true);
      } catch (failure) {
        if (!(failure instanceof Problem) || failure.code !== 'request.not_found') throw failure;
        const body = { grant_type: 'password', username, password };
        const token = await rest<{ access_token: string; expires_in: number }>('POST', '/v1/tokens', body, true);
        setBearer(token.access_token);
        sessionStorage.setItem('meguri.bearer', token.access_token);
        opened.current = { idle_minutes: 15, access_token_expires_in: token.expires_in };
      }
      await enter();
    },
    [enter],
  );

  const value = useMemo<Session>(
    () => ({
      ...state,
      signIn,
      signOut: async () => {
        if (!sessionStorage.getItem('meguri.bearer')) await rest('DELETE', '/v1/sessions/current', undefined, true).catch(() => null);
        sessionStorage.clear();
        out(false);
      },
      idleSeconds: () =>
        state.phase === 'in' ? Math.round((active.current + opened.current.idle_minutes * 60_000 - Date.now()) / 1000) : null,
      extend: async () => {
        active.current = Date.now();
        await renew(true).catch(() => null);
      },
    }),
    [state, signIn, out, renew],
  );

  return (
    <Context value={value}>
      <Provider value={client}>{children}</Provider>
    </Context>
  );
}

export function useSession(): Session {
  const value = useContext(Context);
  if (!value) throw new Error('useSession outside of SessionProvider');
  return value;
}

/** Who is signed in; only for pages that nobody else reaches. */
export function useMe(): Me {
  const { me } = useSession();
  if (!me) throw new Error('nobody is signed in');
  return me;
}
