import { useEffect, useState, type ReactNode } from 'react';
import { Link, useLocation } from 'wouter';
import { useSession, type Me } from '../api/session';
import { useI18n } from '../i18n';
import type { Dict } from '../i18n/ja';
import { Dialog } from './parts';

type Key = keyof Dict['nav'];
type Entry = readonly [path: string, key: Key];

const OVERSEE: readonly Entry[] = [
  ['/', 'home'],
  ['/overview', 'overview'],
  ['/unreported', 'unreported'],
  ['/beds', 'beds'],
  ['/rounds', 'rounds'],
  ['/incoming', 'incoming'],
  ['/notices', 'notices'],
  ['/help', 'help'],
];
const FACILITY: readonly Entry[] = [
  ['/', 'home'],
  ['/report', 'report'],
  ['/reports', 'reports'],
  ['/incoming', 'incoming'],
  ['/overview', 'overview'],
  ['/notices', 'notices'],
  ['/help', 'help'],
];
const NAVIGATION: Partial<Record<string, readonly Entry[]>> = {
  hospital: FACILITY,
  clinic: FACILITY,
  reporting_proxy: [
    ['/', 'home'],
    ['/report', 'report'],
    ['/unreported', 'unreported'],
    ['/overview', 'overview'],
    ['/notices', 'notices'],
    ['/help', 'help'],
  ],
  wholesaler: [
    ['/', 'home'],
    ['/deliveries', 'deliveries'],
    ['/notices', 'notices'],
    ['/help', 'help'],
  ],
  maker: [
    ['/', 'home'],
    ['/notices', 'notices'],
    ['/help', 'help'],
  ],
  operator: [
    ['/', 'home'],
    ['/overview', 'overview'],
    ['/developers', 'developers'],
    ['/notices', 'notices'],
    ['/help', 'help'],
  ],
};
const STRANGER: readonly Entry[] = [
  ['/situation', 'situation'],
  ['/notices', 'notices'],
  ['/help', 'help'],
  ['/developers', 'developers'],
];

export const entriesOf = (me: Me | null): readonly Entry[] => (me ? (NAVIGATION[me.role] ?? OVERSEE) : STRANGER);

const WARN_S = 120;

/** How long the session lasts, and the question two minutes before it ends. */
function Timer() {
  const { t } = useI18n();
  const { idleSeconds, extend } = useSession();
  const [left, setLeft] = useState(idleSeconds);
  useEffect(() => {
    const timer = setInterval(() => setLeft(idleSeconds()), 1_000);
    return () => clearInterval(timer);
  }, [idleSeconds]);
  if (left === null) return null;
  const isSoon = left <= WARN_S && left > 0;
  const stay = () => void extend().then(() => setLeft(idleSeconds()));
  return (
    <>
      <span className="timer">{t.session.left(Math.max(1, Math.ceil(left / 60)))}</span>
      <Dialog title={t.session.title} open={isSoon} onClose={stay}>
        <p>{t.session.soon(Math.max(0, left))}</p>
        <p className="actions">
          <button type="button" className="button primary" onClick={stay}>
            {t.session.extend}
          </button>
        </p>
      </Dialog>
    </>
  );
}

export function Layout({ children }: { children: ReactNode }) {
  const { t, lang, say, setLang } = useI18n();
  const { me, phase, signOut } = useSession();
  const [path, navigate] = useLocation();
  const [isOpen, setOpen] = useState(false);
  const [isOnline, setOnline] = useState(navigator.onLine);
  useEffect(() => setOpen(false), [path]);
  useEffect(() => {
    const change = () => setOnline(navigator.onLine);
    addEventListener('online', change);
    addEventListener('offline', change);
    return () => {
      removeEventListener('online', change);
      removeEventListener('offline', change);
    };
  }, []);
  const entries = phase === 'out' && !['/situation', '/help', '/notices', '/developers'].includes(path) ? [] : entriesOf(me);
  const isHere = (at: string) => (at === '/' ? path === '/' : path === at || path.startsWith(`${at}/`));
  return (
    <>
      <a className="skip" href="#main">
        {t.skip}
      </a>
      <header className="top">
        {(me?.training ?? true) ? <Ribbon known={me !== null} /> : null}
        <div className="bar">
          <Link href="/" className="brand">
            <svg viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
              <rect width="32" height="32" rx="7" fill="#0017c1" />
              <path d="M16 7a9 9 0 1 0 9 9" fill="none" stroke="#fff" strokeWidth="3.4" strokeLinecap="round" />
              <circle cx="23.4" cy="9.2" r="2.6" fill="#fff" />
            </svg>
            <span>
              <strong>{t.product}</strong> <span className="tagline">{t.tagline}</span>
            </span>
          </Link>
          <div className="who">
            {me ? (
              <>
                <Link href="/account" className="person">
                  {me.facility ? <span lang={lang === 'en' ? 'ja' : undefined}>{me.facility.name}</span> : say(me.organisation)}{' '}
                  <span className="quiet">{me.name}</span>
                </Link>
                <Timer />
              </>
            ) : null}
            <button
              type="button"
              className="link"
              lang={t.otherLanguageLang}
              onClick={() => setLang(lang === 'ja' ? 'en' : 'ja')}
            >
              {t.otherLanguage}
            </button>
            {me ? (
              <button type="button" className="link" onClick={() => void signOut().then(() => navigate('/'))}>
                {t.signOut}
              </button>
            ) : null}
            {entries.length > 0 ? (
              <button
                type="button"
                className="button menu-button"
                aria-expanded={isOpen}
                aria-controls="nav"
                onClick={() => setOpen(!isOpen)}
              >
                {t.menu}
              </button>
            ) : null}
          </div>
        </div>
        {entries.length > 0 ? (
          <nav id="nav" aria-label={t.sections} className={isOpen ? 'open' : ''}>
            <ul>
              {entries.map(([at, key]) => (
                <li key={at}>
                  <Link href={at} aria-current={isHere(at) ? 'page' : undefined}>
                    {t.nav[key]}
                  </Link>
                </li>
              ))}
            </ul>
          </nav>
        ) : null}
      </header>
      {isOnline ? null : (
        <p className="offline" role="status">
          {t.offline}
        </p>
      )}
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** Marks a training instance, signed in or not. */
function Ribbon({ known }: { known: boolean }) {
  const { t } = useI18n();
  const [isTraining, setTraining] = useState(known);
  useEffect(() => {
    if (known) return setTraining(true);
    // who is not signed in learns it from the header that every answer of a training instance carries
    void fetch('/healthz')
      .then((response) => setTraining(response.headers.get('meguri-training') === 'true'))
      .catch(() => undefined);
  }, [known]);
  return isTraining ? (
    <p className="ribbon">
      <strong>{t.training}</strong> {t.trainingNote}
    </p>
  ) : null;
}
