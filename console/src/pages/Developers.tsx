import { useState } from 'react';
import { headers, watched } from '../api/http';
import { useWork } from '../i18n/work';
import { Card, Page } from '../ui/parts';

const SAMPLE = `query Situation($code: TerritoryCode!) {
  territory(code: $code) {
    name { ja en }
    capacity {
      day
      coverage { due reported permille }
      figures(items: ["beds_ready", "infected_in_ready_beds"]) { item { code label { ja en } } sum answered }
    }
  }
}`;
const VARIABLES = '{ "code": "000000" }';

/** The public API, to be tried out with one's own permissions. Nothing is loaded from elsewhere. */
export default function Developers() {
  const { t } = useWork();
  const [query, setQuery] = useState(SAMPLE);
  const [variables, setVariables] = useState(VARIABLES);
  const [result, setResult] = useState('');
  const [isBusy, setBusy] = useState(false);
  const run = async () => {
    setBusy(true);
    try {
      const body = JSON.stringify({ query, variables: variables.trim() === '' ? {} : (JSON.parse(variables) as unknown) });
      const response = await watched('/graphql', {
        method: 'POST',
        credentials: 'same-origin',
        headers: { ...headers(), 'Content-Type': 'application/json' },
        body,
      });
      setResult(JSON.stringify(await response.json(), null, 2));
    } catch (failure) {
      setResult(String(failure));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Page title={t.dev.title} lead={t.dev.lead}>
      <div className="grid2">
        <Card>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void run();
            }}
            onKeyDown={(event) => {
              if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
                event.preventDefault();
                void run();
              }
            }}
          >
            <label className="label" htmlFor="query">
              {t.dev.query}
            </label>
            <textarea
              id="query"
              className="code"
              rows={16}
              spellCheck={false}
              value={query}
              onChange={(event) => setQuery(event.target.value)}
            />
            <label className="label" htmlFor="variables">
              {t.dev.variables}
            </label>
            <textarea
              id="variables"
              className="code"
              rows={3}
              spellCheck={false}
              value={variables}
              onChange={(event) => setVariables(event.target.value)}
            />
            <p className="actions">
              <button className="button primary" disabled={isBusy}>
                {t.dev.run}
              </button>{' '}
              <span className="quiet">Ctrl + Enter</span>
            </p>
          </form>
        </Card>
        <Card title={t.dev.result}>
          <pre tabIndex={0} role="group" aria-label={t.dev.result} aria-live="polite">
            {result}
          </pre>
        </Card>
      </div>
    </Page>
  );
}
