import { useEffect, useId, useState } from 'react';
import { useLocation } from 'wouter';
import { useWork } from '../i18n/work';
import { classOf, RAMP } from '../lib/indicator';

export type Area = { code: string; name: string; nameLang: 'ja' | undefined; value: number | null; blank: string };
// Kagoshima's islands and Okinawa
const SOUTHERN = [45, 46] as const;
const SOUTH = { x: 100, y: 4, size: 118, viewBox: '-2 366 152 152' } as const;
const FRAME = '92 -2 348 374';
type Outlines = { paths: readonly string[] };

/** The 47 prefectures. The table and the tiles are the way to them by keyboard. */
export function JapanMap({
  areas,
  breaks,
  show,
  title,
  href,
}: {
  areas: readonly Area[];
  breaks: readonly number[];
  show: (value: number) => string;
  title: string;
  href?: (code: string) => string;
}) {
  const { t } = useWork();
  const [outlines, setOutlines] = useState<Outlines | null>(null);
  const [, navigate] = useLocation();
  const id = useId();
  useEffect(() => {
    void import('../data/prefectures.json').then((module) => setOutlines(module.default));
  }, []);
  const known = areas.filter((area): area is Area & { value: number } => area.value !== null).sort((a, b) => b.value - a.value);
  const [most, least] = [known[0], known[known.length - 1]];
  const draw = (index: number) => {
    const path = outlines?.paths[index];
    if (!path) return null;
    const number = String(index + 1).padStart(2, '0');
    const area = areas.find((each) => each.code.startsWith(number));
    const level = area?.value == null ? null : classOf(area.value, breaks);
    const fill = level === null ? `url(#${id}-dots)` : level === 4 ? `url(#${id}-hatch)` : RAMP[level];
    return (
      <path
        key={number}
        d={path}
        fill={fill}
        stroke={level === null ? '#626264' : undefined}
        onClick={() => area && href && navigate(href(area.code))}
      >
        <title>{area ? `${area.name} ${area.value === null ? area.blank : show(area.value)}` : number}</title>
      </path>
    );
  };
  const summary =
    most && least
      ? t.overview.mapSummary(title, most.name, show(most.value), least.name, show(least.value))
      : t.overview.mapEmpty;
  return (
    <figure style={{ margin: 0 }}>
      <div style={{ aspectRatio: '348 / 374', maxHeight: '30rem', margin: '0 auto' }}>
        {outlines ? (
          <svg className="map" viewBox={FRAME} role="img" aria-label={summary} style={{ height: '100%' }}>
            <defs>
              <pattern id={`${id}-hatch`} width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
                <rect width="5" height="5" fill={RAMP[4]} />
                <rect width="1.4" height="5" fill="#8fb4ea" />
              </pattern>
              <pattern id={`${id}-dots`} width="4" height="4" patternUnits="userSpaceOnUse">
                <rect width="4" height="4" fill="#fff" />
                <circle cx="1" cy="1" r=".6" fill="#626264" />
              </pattern>
            </defs>
            {outlines.paths.map((_, index) => draw(index))}
            {/* the islands of the south lie in a frame of their own, so that the rest is not small */}
            <svg x={SOUTH.x} y={SOUTH.y} width={SOUTH.size} height={SOUTH.size} viewBox={SOUTH.viewBox}>
              <rect x="-2" y="366" width="152" height="152" fill="#fff" stroke="#8e8e93" strokeWidth="1.4" />
              <text x="4" y="380" fontSize="11" fill="#4d4d50">
                {t.overview.southern}
              </text>
              {SOUTHERN.map((index) => draw(index))}
            </svg>
          </svg>
        ) : null}
      </div>
      <Legend breaks={breaks} show={show} />
      <figcaption className="quiet">
        {t.overview.hatch} ｜ {t.overview.credit}
      </figcaption>
    </figure>
  );
}

export function Legend({ breaks, show }: { breaks: readonly number[]; show: (value: number) => string }) {
  const { t } = useWork();
  const id = useId();
  const label = (level: number) => {
    const [low, high] = [breaks[level - 1], breaks[level]];
    const text = (value: number) => show(value).replace(/\.0%$|%$/, '');
    const isShare = show(0).endsWith('%');
    const plain = (words: string) => (isShare ? words : words.replace(/%/g, ''));
    if (low === undefined) return plain(t.overview.lowest(text(high ?? 0)));
    return plain(high === undefined ? t.overview.highest(text(low)) : t.overview.below(text(low), text(high)));
  };
  return (
    <ul className="legend">
      {RAMP.map((colour, level) => (
        <li key={colour}>
          <svg viewBox="0 0 22 14" aria-hidden="true">
            <rect x=".5" y=".5" width="21" height="13" fill={colour} stroke="#626264" />
            {level === 4 ? <path d="M2 13 14 1M8 13 20 1M14 13 21 6M1 8 8 1" stroke="#8fb4ea" strokeWidth="1.4" /> : null}
          </svg>
          {label(level)}
        </li>
      ))}
      <li>
        <svg viewBox="0 0 22 14" aria-hidden="true">
          <defs>
            <pattern id={id} width="4" height="4" patternUnits="userSpaceOnUse">
              <circle cx="1.5" cy="1.5" r=".7" fill="#626264" />
            </pattern>
          </defs>
          <rect x=".5" y=".5" width="21" height="13" fill={`url(#${id})`} stroke="#626264" />
        </svg>
        {t.overview.noFigure}
      </li>
    </ul>
  );
}
