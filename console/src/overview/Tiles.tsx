import { useWork } from '../i18n/work';
import { INDICATORS, PARTS, sumOf, valueOf, type Indicator, type Picture } from '../lib/indicator';

/** The main indicators, each with its definition and what it was the day and the week before. */
export function Tiles({ now, before, week }: { now: Picture; before: Picture | null; week: Picture | null }) {
  const { t, pct, num, signed, points } = useWork();
  const names: Record<Indicator, string> = {
    ready: t.overview.readyOccupancy,
    severe: t.overview.severeOccupancy,
    icu: t.overview.icuOccupancy,
    inpatients: t.overview.inpatients,
    rate: t.overview.rate,
  };
  const definitions: Record<Indicator, string> = {
    ready: t.overview.readyDef,
    severe: t.overview.severeDef,
    icu: t.overview.icuDef,
    inpatients: t.overview.inpatientsDef,
    rate: t.overview.rateDef,
  };
  const shown: readonly Indicator[] = INDICATORS.filter((indicator) => indicator !== 'icu');
  const compare = (indicator: Indicator, earlier: Picture | null) => {
    const [one, other] = [valueOf(now, indicator), valueOf(earlier, indicator)];
    if (one === null || other === null) return t.words.noComparison;
    if (one === other) return t.words.unchanged;
    return indicator === 'inpatients' ? signed(one - other) : points(one - other);
  };
  return (
    <section aria-label={t.overview.tiles} className="tiles">
      {shown.map((indicator) => {
        const value = valueOf(now, indicator);
        const parts =
          indicator === 'ready' || indicator === 'severe' || indicator === 'icu'
            ? PARTS[indicator].map((code) => sumOf(now, code))
            : null;
        return (
          <div key={indicator} className="tile">
            <div className="what" title={definitions[indicator]}>
              {names[indicator]}
            </div>
            <div className="value">
              {value === null ? '—' : indicator === 'inpatients' ? num(value) : pct(value).replace('%', '')}
              <small>{value === null ? '' : indicator === 'inpatients' ? t.units.patients : '%'}</small>
            </div>
            <div className="quiet">
              {parts && parts[0] != null && parts[1] != null ? `${num(parts[0])} / ${num(parts[1])} ${t.units.beds}` : null}
              {indicator === 'rate' ? `${num(now.coverage.reported)} / ${num(now.coverage.due)} ${t.units.facilities}` : null}
              {indicator === 'inpatients' ? t.moments.now : null}
            </div>
            <div className="compare">
              <span>
                {t.words.dayBefore} <b>{compare(indicator, before)}</b>
              </span>
              <span>
                {t.words.weekBefore} <b>{compare(indicator, week)}</b>
              </span>
            </div>
          </div>
        );
      })}
    </section>
  );
}
