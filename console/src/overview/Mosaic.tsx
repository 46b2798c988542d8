import { Link } from 'wouter';
import { useWork } from '../i18n/work';
import { classOf, INK, RAMP } from '../lib/indicator';
import { Legend, type Area } from './JapanMap';

/** Municipalities as coloured tiles: each with its name and figure, so that colour is never alone. */
export function Mosaic({
  areas,
  breaks,
  show,
  href,
}: {
  areas: readonly Area[];
  breaks: readonly number[];
  show: (value: number) => string;
  href: (code: string) => string;
}) {
  const { t } = useWork();
  return (
    <>
      <div className="mosaic" tabIndex={0} role="group" aria-label={t.overview.map}>
        {areas.map((area) => {
          const level = area.value === null ? null : classOf(area.value, breaks);
          const style =
            level === null ? { background: '#fff', color: '#4d4d50' } : { background: RAMP[level], color: INK[level] };
          return (
            <Link key={area.code} href={href(area.code)} style={style}>
              <span lang={area.nameLang}>{area.name}</span>
              <b>{area.value === null ? area.blank : show(area.value)}</b>
            </Link>
          );
        })}
      </div>
      <Legend breaks={breaks} show={show} />
      <p className="quiet">{t.overview.municipalTiles}</p>
    </>
  );
}
