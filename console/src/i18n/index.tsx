import { createContext, useCallback, useContext, useEffect, useMemo, useState, type ReactNode } from 'react';
import type { Words } from '../api/problem';
import { formats, type Formats } from './format';
import { ja, type Dict } from './ja';

export type Lang = 'ja' | 'en';
type Named = { readonly ja: string; readonly en: string | null };
export type I18n = Formats & {
  lang: Lang;
  t: Dict;
  /** The words of an answer in the reader's language. */
  say: (words: Words) => string;
  /** A name, and the language attribute it needs where there is no English one. */
  name: (name: Named) => string;
  nameLang: (name: Named) => 'ja' | undefined;
  setLang: (lang: Lang) => void;
};

const KEY = 'meguri.lang';
const Context = createContext<I18n | null>(null);

/** The address wins, so that a link keeps its language; then what was chosen before; then Japanese. */
function first(): Lang {
  const asked = new URLSearchParams(location.search).get('lang') ?? localStorage.getItem(KEY);
  return asked === 'en' ? 'en' : 'ja';
}

export function I18nProvider({ children }: { children: ReactNode }) {
  const [lang, setLangState] = useState<Lang>(first);
  const [english, setEnglish] = useState<Dict | null>(null);
  useEffect(() => {
    if (lang === 'en' && !english) void import('./en').then((module) => setEnglish(module.en));
  }, [lang, english]);
  useEffect(() => {
    document.documentElement.lang = lang;
  }, [lang]);
  const setLang = useCallback((next: Lang) => {
    localStorage.setItem(KEY, next);
    const url = new URL(location.href);
    url.searchParams.delete('lang');
    history.replaceState(history.state, '', url);
    setLangState(next);
  }, []);
  const value = useMemo<I18n | null>(() => {
    const t = lang === 'en' ? english : ja;
    if (!t) return null;
    return {
      ...formats(lang),
      lang,
      t,
      setLang,
      say: (words) => words[lang],
      name: (name) => (lang === 'en' ? (name.en ?? name.ja) : name.ja),
      nameLang: (name) => (lang === 'en' && name.en === null ? 'ja' : undefined),
    };
  }, [lang, english, setLang]);
  if (!value) return null;
  return <Context value={value}>{children}</Context>;
}

export function useI18n(): I18n {
  const value = useContext(Context);
  if (!value) throw new Error('useI18n outside of I18nProvider');
  return value;
}
