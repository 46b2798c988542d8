import { useMemo } from 'react';
import { useI18n, type I18n } from '.';
import type { Dict } from './ja';
import { workEn } from './work.en';
import { workJa, type Work } from './work.ja';

/** `useI18n` with the words of all pages. */
export function useWork(): Omit<I18n, 't'> & { t: Dict & Work } {
  const i18n = useI18n();
  return useMemo(() => ({ ...i18n, t: { ...i18n.t, ...(i18n.lang === 'ja' ? workJa : workEn) } }), [i18n]);
}
