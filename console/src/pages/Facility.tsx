import { useQuery } from 'urql';
import { Link } from 'wouter';
import { FacilityDocument } from '../gql/capacity';
import { useWork } from '../i18n/work';
import { useClock } from '../lib/clock';
import { Badge, Card, Name, Notice, Page, Waiting } from '../ui/parts';

/** A facility, and its newest report with the moment of each figure. */
export default function Facility({ facility: key }: { facility: string }) {
  const { paren, t, say, num, lang, dayTime, longDay } = useWork();
  const clock = useClock();
  const [{ data, fetching, error }, again] = useQuery({
    query: FacilityDocument,
    variables: { key, day: clock?.day ?? '' },
    pause: !clock,
  });
  const facility = data?.facility;
  if (!facility)
    return (
      <Page title={t.facility.title}>
        <Waiting fetching={fetching || !clock} error={error} again={again} />
      </Page>
    );
  const report = facility.report ?? facility.latestReport;
  const { municipality } = facility;
  const answer = (each: NonNullable<typeof report>['answers'][number]) => {
    if (each.notApplicable) return t.report.notApplicable;
    if (each.count !== null) return `${num(each.count)} ${t.units[each.item.unit] ?? each.item.unit}`;
    const words = each.item.kind === 'staffing' ? t.staffing : t.choices;
    return words[each.choice ?? ''] ?? each.choice ?? '—';
  };
  return (
    <Page
      title={facility.name}
      lead={
        <ul className="crumbs">
          {municipality.parent ? (
            <li>
              <Link href={`/overview/${municipality.parent.code}`}>
                <Name name={municipality.parent.name} />
              </Link>
            </li>
          ) : null}
          <li>
            <Link href={`/overview/${municipality.code}`}>
              <Name name={municipality.name} />
            </Link>
          </li>
          <li lang={lang === 'en' ? 'ja' : undefined}>{facility.name}</li>
        </ul>
      }
    >
      {facility.synthetic ? <Notice tone="info" title={t.facility.synthetic} /> : null}
      <Card title={t.facility.title}>
        <dl className="facts">
          <dt>{t.facility.kind}</dt>
          <dd>{facility.kind === 'hospital' ? t.unreportedPage.hospital : t.unreportedPage.clinic}</dd>
          <dt>{t.facility.address}</dt>
          <dd lang="ja">{facility.address}</dd>
          <dt>{t.facility.code}</dt>
          <dd className="code">{facility.code ?? '—'}</dd>
          <dt>{t.facility.gmis}</dt>
          <dd className="code">{facility.gmisId ?? '—'}</dd>
        </dl>
      </Card>
      {report ? (
        <Card
          title={`${t.facility.report}${paren(longDay(report.businessDay))}`}
          aside={
            <span>
              {facility.report ? (
                <Badge tone="good">✓ {t.words.asOf(dayTime(report.asOf))}</Badge>
              ) : (
                <Badge tone="warn">{t.words.asOf(dayTime(report.asOf))}</Badge>
              )}{' '}
              {report.provisional ? <Badge tone="warn">{t.words.provisional}</Badge> : <Badge>{t.words.fixed}</Badge>}
            </span>
          }
        >
          <p className="quiet">
            {t.facility.revision(report.revision)} ｜ {t.facility.submitted} {dayTime(report.submittedAt)} {report.submittedBy}
            {report.reason ? ` ｜ ${t.reason}: ${report.reason}` : ''}
          </p>
          {report.warnings.length > 0 ? (
            <Notice tone="warn" title={t.facility.warnings}>
              <ul>
                {report.warnings.map((warning) => (
                  <li key={warning.path + warning.code}>{say(warning)}</li>
                ))}
              </ul>
            </Notice>
          ) : null}
          <div className="scroll" tabIndex={0} role="group" aria-label={t.facility.report}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t.facility.item}</th>
                  <th scope="col" className="num">
                    {t.facility.answer}
                  </th>
                  <th scope="col">{t.facility.moment}</th>
                </tr>
              </thead>
              <tbody>
                {report.answers.map((each) => (
                  <tr key={each.item.code}>
                    <th scope="row">{say(each.item.label)}</th>
                    <td className="num">{answer(each)}</td>
                    <td className="quiet">{t.moments[each.item.moment] ?? each.item.moment}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      ) : (
        <Notice tone="warn" title={t.facility.noReport} />
      )}
    </Page>
  );
}
