import type { Client } from '@urql/core';
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState, type ReactNode } from 'react';
import { Provider } from 'urql';
import { MeDocument } from '../gql/shared';
import type { MeQuery } from '../gql/types';
import { ask, makeClient } from './graph';
import { onSignedOut, rest } from './http';
import { Problem } from './problem';

type Opened = {
  idle_minutes: number;
  access_token_expires_in: number;
  expires_at: string;
  organisation: { name: string; name_en: string };
  home: { partner?: string };
};
export type Me = MeQuery['viewer'] & {
  readonly training: boolean;
  readonly organisation: { readonly ja: string; readonly en: string };
  /** Wholesaler or branch, for those at home in one. */
  readonly partner: string | null;
};
type State = { phase: 'checking' | 'out' | 'in'; me: Me | null; ended: boolean };
export type Session = State & {
  signIn: (username: string, password: string, otp?: string) => Promise<void>;
  /** Goes on with a session that another page of the sign-in has begun. */
  resume: () => Promise<void>;
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
  const [state, setState] = useState<State>(() => ({
    phase: localStorage.getItem(MARK) ? 'checking' : 'out',
    me: null,
    ended: false,
  }));
  const opened = useRef<Opened | null>(null);
  const active = useRef(Date.now());
  const renewed = useRef(Date.now());

  const out = useCallback((ended: boolean) => {
    localStorage.removeItem(MARK);
    setClient(makeClient());
    setState({ phase: 'out', me: null, ended });
  }, []);

  const enter = useCallback(async () => {
    const session = opened.current;
    const next = makeClient();
    const answer = await ask(next, MeDocument, {});
    if (session === null || answer.viewer.role === 'public') throw new Problem('auth.missing_token', { ja: '', en: '' }, [], 401);
    active.current = renewed.current = Date.now();
    localStorage.setItem(MARK, '1');
    setClient(next);
    setState({
      phase: 'in',
      me: {
        ...answer.viewer,
        training: answer.clock.training,
        organisation: { ja: session.organisation.name, en: session.organisation.name_en },
        partner: session.home.partner ?? null,
      },
      ended: false,
    });
  }, []);

  const renew = useCallback(async (activity: boolean) => {
    opened.current = await rest<Opened>('POST', '/v1/sessions:renew', { activity }, true);
    renewed.current = Date.now();
  }, []);

  // a page that is loaded again goes on with the session that there may be
  useEffect(() => {
    if (state.phase !== 'checking') return;
    renew(true)
      .then(enter)
      .catch(() => out(true));
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
      const session = opened.current;
      if (session === null) return;
      if (Date.now() - active.current > session.idle_minutes * 60_000) return out(true);
      // well before the token ends, so that no request meets an old one
      const due = renewed.current + session.access_token_expires_in * 600;
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
      opened.current = await rest<Opened>('POST', '/v1/sessions', { username, password, ...(otp ? { otp } : {}) }, true);
      await enter();
    },
    [enter],
  );

  const value = useMemo<Session>(
    () => ({
      ...state,
      signIn,
      resume: async () => {
        await renew(true);
        await enter();
      },
      signOut: async () => {
        await rest('DELETE', '/v1/sessions/current', undefined, true).catch(() => null);
        sessionStorage.clear();
        out(false);
      },
      idleSeconds: () => {
        const session = opened.current;
        if (state.phase !== 'in' || session === null) return null;
        const end = Math.min(active.current + session.idle_minutes * 60_000, Date.parse(session.expires_at));
        return Math.round((end - Date.now()) / 1000);
      },
      extend: async () => {
        active.current = Date.now();
        await renew(true).catch(() => null);
      },
    }),
    [state, signIn, out, renew, enter],
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
