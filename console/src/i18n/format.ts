/** Numbers, days and moments, always in Japan's time. */
const ZONE = 'Asia/Tokyo';
export const MINUS = '\u2212';

export type Formats = {
  num: (value: number) => string;
  /** Thousandths as a percentage with one digit. */
  pct: (permille: number | null | undefined) => string;
  signed: (value: number) => string;
  /** A difference of thousandths in percentage points. */
  points: (permille: number) => string;
  /** 2026年11月20日(令和8年) / 20 November 2026 */
  longDay: (day: string) => string;
  /** 11/20(金) / Fri 20 Nov */
  shortDay: (day: string) => string;
  /** An aside in brackets, as the language has them. */
  paren: (text: string | number | null) => string;
  time: (at: string) => string;
  dayTime: (at: string) => string;
};

const at = (day: string) => new Date(`${day}T12:00:00+09:00`);

export function formats(lang: 'ja' | 'en'): Formats {
  const locale = lang === 'ja' ? 'ja-JP' : 'en-GB';
  const count = new Intl.NumberFormat(locale);
  const one = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const day = (options: Intl.DateTimeFormatOptions, where = locale) =>
    new Intl.DateTimeFormat(where, { timeZone: ZONE, ...options });
  const long = day({ year: 'numeric', month: 'long', day: 'numeric' });
  const era = day({ era: 'long', year: 'numeric' }, 'ja-JP-u-ca-japanese');
  const short =
    lang === 'ja'
      ? day({ month: 'numeric', day: 'numeric', weekday: 'short' })
      : day({ weekday: 'short', day: 'numeric', month: 'short' });
  const clock = day({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
  const sign = (value: number, text: string) => (value > 0 ? `+${text}` : value < 0 ? `${MINUS}${text}` : `±${text}`);
  const shortDay = (text: string) => short.format(at(text));
  const dayOf = (moment: string) => new Intl.DateTimeFormat('en-CA', { timeZone: ZONE }).format(new Date(moment));
  const time = (moment: string) => clock.format(new Date(moment));
  return {
    num: (value) => count.format(value),
    pct: (permille) => (permille == null ? '—' : `${one.format(permille / 10)}%`),
    signed: (value) => sign(value, count.format(Math.abs(value))),
    points: (permille) => `${sign(permille, one.format(Math.abs(permille) / 10))} pt`,
    longDay: (text) => (lang === 'ja' ? `${long.format(at(text))}(${era.format(at(text))})` : long.format(at(text))),
    shortDay,
    paren: (text) => (lang === 'ja' ? `（${text ?? ''}）` : ` (${text ?? ''})`),
    time,
    dayTime: (moment) => `${shortDay(dayOf(moment))} ${time(moment)}`,
  };
}
