import { useEffect, useId, useRef, type ReactNode } from 'react';
import type { CombinedError } from '@urql/core';
import { problemOf, type Problem } from '../api/problem';
import { useI18n } from '../i18n';

let pages = 0;

/** A page: its title in the window and as heading, which takes the focus when one comes from another page. */
export function Page({
  title,
  lead,
  aside,
  children,
  narrow,
}: {
  title: string;
  lead?: ReactNode;
  aside?: ReactNode;
  children: ReactNode;
  narrow?: boolean;
}) {
  const { t } = useI18n();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} | ${t.product}`;
  }, [title, t]);
  useEffect(() => {
    pages += 1;
    if (pages > 1) heading.current?.focus();
    scrollTo(0, 0);
  }, []);
  return (
    <div className={narrow ? 'page narrow' : 'page'}>
      <div className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead ? <div className="lead">{lead}</div> : null}
        </div>
        {aside ? <div className="page-aside">{aside}</div> : null}
      </div>
      {children}
    </div>
  );
}

export function Card({
  title,
  aside,
  children,
  className,
}: {
  title?: string;
  aside?: ReactNode;
  children: ReactNode;
  className?: string;
}) {
  const id = useId();
  return (
    <section className={`card ${className ?? ''}`} aria-labelledby={title ? id : undefined}>
      {title ? (
        <div className="card-head">
          <h2 id={id}>{title}</h2>
          {aside}
        </div>
      ) : null}
      {children}
    </section>
  );
}

type Tone = 'info' | 'good' | 'warn' | 'bad';
const MARKS: Record<Tone, string> = { info: 'i', good: '✓', warn: '!', bad: '×' };

/** A message: mark, border and words, so that colour is never alone. */
export function Notice({
  tone,
  title,
  children,
  focus,
  live,
}: {
  tone: Tone;
  title?: ReactNode;
  children?: ReactNode;
  focus?: boolean;
  live?: boolean;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (focus) box.current?.focus();
  }, [focus]);
  return (
    <div
      ref={box}
      className={`notice ${tone}`}
      tabIndex={focus ? -1 : undefined}
      role={live ? (tone === 'bad' ? 'alert' : 'status') : undefined}
    >
      <span className="mark" aria-hidden="true">
        {MARKS[tone]}
      </span>
      <div>
        {title ? <p className="notice-title">{title}</p> : null}
        {children}
      </div>
    </div>
  );
}

export function Failed({ problem, again }: { problem: Problem; again?: () => void }) {
  const { t, say } = useI18n();
  return (
    <Notice tone="bad" live title={say(problem.words)}>
      {problem.fields.length > 0 ? (
        <ul>
          {problem.fields.map((field) => (
            <li key={`${field.path}${field.code}`}>{say(field)}</li>
          ))}
        </ul>
      ) : null}
      <p className="quiet">{problem.code}</p>
      {again ? (
        <button type="button" className="button" onClick={again}>
          {t.retry}
        </button>
      ) : null}
    </Notice>
  );
}

/** What stands where a question's answer is not there (yet). */
export function Waiting({
  fetching,
  error,
  again,
}: {
  fetching: boolean;
  error?: CombinedError | undefined;
  again?: () => void;
}) {
  const { t } = useI18n();
  if (error) return <Failed problem={problemOf(error)} {...(again ? { again } : {})} />;
  return fetching ? (
    <p className="loading" role="status">
      {t.loading}…
    </p>
  ) : null;
}

export function Badge({ tone, children }: { tone?: 'plain' | 'good' | 'warn' | 'bad' | 'info'; children: ReactNode }) {
  return <span className={`badge ${tone ?? 'plain'}`}>{children}</span>;
}

export function Dialog({
  title,
  open,
  onClose,
  children,
}: {
  title: string;
  open: boolean;
  onClose: () => void;
  children: ReactNode;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  const { t } = useI18n();
  useEffect(() => {
    const dialog = box.current;
    if (!dialog) return;
    if (open && !dialog.open) dialog.showModal();
    if (!open && dialog.open) dialog.close();
  }, [open]);
  return (
    <dialog ref={box} aria-labelledby={id} onClose={onClose}>
      {open ? (
        <>
          <div className="card-head">
            <h2 id={id}>{title}</h2>
            <button type="button" className="button quiet-button" onClick={onClose}>
              {t.close}
            </button>
          </div>
          {children}
        </>
      ) : null}
    </dialog>
  );
}

export function Name({ name }: { name: { readonly ja: string; readonly en: string | null } }) {
  const i18n = useI18n();
  return <span lang={i18n.nameLang(name)}>{i18n.name(name)}</span>;
}
