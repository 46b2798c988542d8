import { useQuery } from 'urql';
import { FormItemsDocument, IndicatorsDocument } from '../gql/capacity';
import { useWork } from '../i18n/work';
import { Card, Page, Waiting } from '../ui/parts';

/** Every item and indicator with its definition, its unit and the moment it is about. */
export default function Help() {
  const { t, say, num, longDay } = useWork();
  const [{ data, fetching, error }] = useQuery({ query: FormItemsDocument, variables: { code: 'daily' } });
  const [{ data: allocation }] = useQuery({ query: IndicatorsDocument });
  const own: readonly (readonly [string, string, string])[] = [
    [t.overview.readyOccupancy, 'ready_bed_occupancy', t.overview.readyDef],
    [t.overview.severeOccupancy, 'severe_bed_occupancy', t.overview.severeDef],
    [t.overview.icuOccupancy, 'icu_occupancy', t.overview.icuDef],
    [t.overview.inpatients, 'infected_inpatients', t.overview.inpatientsDef],
    [t.overview.rate, 'coverage.permille', t.overview.rateDef],
  ];
  const label = (code: string) => data?.form?.items.find((item) => item.code === code)?.label;
  return (
    <Page title={t.help.title} lead={t.help.lead}>
      <Card title={t.help.indicators}>
        <div className="scroll" tabIndex={0} role="group" aria-label={t.help.indicators}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t.help.term}</th>
                <th scope="col">{t.help.definition}</th>
                <th scope="col">{t.help.identifier}</th>
              </tr>
            </thead>
            <tbody>
              {own.map(([term, code, definition]) => (
                <tr key={code}>
                  <th scope="row">{term}</th>
                  <td>{definition}</td>
                  <td className="code">{code}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </Card>
      <Card
        title={t.help.form}
        aside={
          data?.form ? (
            <span className="quiet">
              {t.report.due(data.form.due)} ｜ {t.report.window(data.form.correctionDays)}
            </span>
          ) : null
        }
      >
        {data?.form ? (
          <div className="scroll" tabIndex={0} role="group" aria-label={t.help.form}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t.help.term}</th>
                  <th scope="col">{t.help.unit}</th>
                  <th scope="col">{t.help.moment}</th>
                  <th scope="col">{t.help.identifier}</th>
                </tr>
              </thead>
              <tbody>
                {data.form.items.map((item) => (
                  <tr key={item.code}>
                    <th scope="row">{say(label(item.code) ?? item.label)}</th>
                    <td>
                      {item.choices
                        ? item.choices
                            .map((choice) => (item.kind === 'staffing' ? t.staffing : t.choices)[choice] ?? choice)
                            .join('・')
                        : (t.units[item.unit] ?? item.unit)}
                    </td>
                    <td>{t.moments[item.moment] ?? item.moment}</td>
                    <td className="code">{item.code}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        ) : (
          <Waiting fetching={fetching} error={error} />
        )}
      </Card>
      {allocation && allocation.indicators.length > 0 ? (
        <Card title={t.help.allocation}>
          <div className="scroll" tabIndex={0} role="group" aria-label={t.help.allocation}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{t.help.term}</th>
                  <th scope="col">{t.help.source}</th>
                  <th scope="col" className="num">
                    {t.help.coverage}
                  </th>
                  <th scope="col">{t.words.asOf('').trim()}</th>
                  <th scope="col">{t.help.identifier}</th>
                </tr>
              </thead>
              <tbody>
                {allocation.indicators.map((each) => (
                  <tr key={each.code}>
                    <th scope="row">{say(each.name)}</th>
                    <td lang="ja">{each.source}</td>
                    <td className="num">{num(each.municipalities)}</td>
                    <td>{each.newest ? longDay(each.newest) : '—'}</td>
                    <td className="code">{each.code}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        </Card>
      ) : null}
    </Page>
  );
}
