import { lazy, Suspense } from 'react';
import { Route, Switch, useLocation } from 'wouter';
import { SessionProvider, useSession } from './api/session';
import { I18nProvider, useI18n } from './i18n';
import { Layout } from './ui/Layout';
import { Page } from './ui/parts';

const SignIn = lazy(() => import('./pages/SignIn'));
const Home = lazy(() => import('./pages/Home'));
const Overview = lazy(() => import('./pages/Overview'));
const Facility = lazy(() => import('./pages/Facility'));
const Unreported = lazy(() => import('./pages/Unreported'));
const Beds = lazy(() => import('./pages/Beds'));
const Report = lazy(() => import('./pages/Report'));
const Calendar = lazy(() => import('./pages/Calendar'));
const Rounds = lazy(() => import('./pages/Rounds'));
const Round = lazy(() => import('./pages/Round'));
const Worksheet = lazy(() => import('./pages/Worksheet'));
const Assign = lazy(() => import('./pages/Assign'));
const Deliveries = lazy(() => import('./pages/Deliveries'));
const Incoming = lazy(() => import('./pages/Incoming'));
const Situation = lazy(() => import('./pages/Situation'));
const Notices = lazy(() => import('./pages/Notices'));
const Account = lazy(() => import('./pages/Account'));
const Invitation = lazy(() => import('./pages/Invitation'));
const Help = lazy(() => import('./pages/Help'));
const Developers = lazy(() => import('./pages/Developers'));

function NotFound() {
  const { t } = useI18n();
  return (
    <Page title={t.notFound} narrow>
      <p>{t.notFoundBody}</p>
    </Page>
  );
}

function Routes() {
  const { phase } = useSession();
  const { t } = useI18n();
  const [path] = useLocation();
  const isOpen =
    path.startsWith('/situation') ||
    path.startsWith('/help') ||
    path.startsWith('/notices') ||
    path.startsWith('/developers') ||
    path.startsWith('/invitation');
  if (phase === 'checking')
    return (
      <p className="loading" role="status">
        {t.loading}…
      </p>
    );
  return (
    <Suspense
      fallback={
        <p className="loading" role="status">
          {t.loading}…
        </p>
      }
    >
      <Switch>
        {phase === 'out' && !isOpen ? (
          <Route>
            <SignIn />
          </Route>
        ) : null}
        <Route path="/">
          <Home />
        </Route>
        <Route path="/sign-in">
          <Home />
        </Route>
        <Route path="/overview/:code?">{({ code }) => <Overview key={code ?? ''} code={code} />}</Route>
        <Route path="/facility/:key">{({ key }) => <Facility key={key} facility={key} />}</Route>
        <Route path="/unreported/:code?">{({ code }) => <Unreported key={code ?? ''} code={code} />}</Route>
        <Route path="/beds/:code?">{({ code }) => <Beds key={code ?? ''} code={code} />}</Route>
        <Route path="/report/:day?">{({ day }) => <Report key={day ?? ''} day={day} />}</Route>
        <Route path="/reports/:month?">{({ month }) => <Calendar month={month} />}</Route>
        <Route path="/rounds">
          <Rounds />
        </Route>
        <Route path="/rounds/:id">{({ id }) => <Round id={id} />}</Route>
        <Route path="/rounds/:id/plan/:holder">{({ id, holder }) => <Worksheet key={holder} round={id} holder={holder} />}</Route>
        <Route path="/rounds/:id/sites/:holder">{({ id, holder }) => <Assign key={holder} round={id} holder={holder} />}</Route>
        <Route path="/deliveries/:id?">{({ id }) => <Deliveries key={id ?? ''} id={id} />}</Route>
        <Route path="/incoming/:id?">{({ id }) => <Incoming key={id ?? ''} id={id} />}</Route>
        <Route path="/situation">
          <Situation />
        </Route>
        <Route path="/notices">
          <Notices />
        </Route>
        <Route path="/account">
          <Account />
        </Route>
        <Route path="/invitation">
          <Invitation />
        </Route>
        <Route path="/help">
          <Help />
        </Route>
        <Route path="/developers">
          <Developers />
        </Route>
        <Route>
          <NotFound />
        </Route>
      </Switch>
    </Suspense>
  );
}

export function App() {
  return (
    <I18nProvider>
      <SessionProvider>
        <Layout>
          <Routes />
        </Layout>
      </SessionProvider>
    </I18nProvider>
  );
}
