// SPDX-License-Identifier: LicenseRef-Project
// Routes. Without a session the sign-in form stands at the same address, so signing in leads back.
import { Center, Loader } from '@mantine/core';
import { FileQuestion } from 'lucide-react';
import { lazy, Suspense } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { ProjectContext } from './api/project';
import { useSession } from './api/session';
import { EmptyState } from './components/empty_state';
import { ErrorState } from './components/error_state';
import { PageHeader } from './components/page_header';
import { RenderGuard } from './components/render_guard';
import { SignInPage } from './pages/sign_in/sign_in_page';
import { Shell } from './shell/shell';

const LivePage = lazy(() => import('./pages/live/live_page'));
const TrendsPage = lazy(() => import('./pages/trends/trends_page'));
const FunnelPage = lazy(() => import('./pages/funnel/funnel_page'));
const RetentionPage = lazy(() => import('./pages/retention/retention_page'));
const SqlPage = lazy(() => import('./pages/sql/sql_page'));
const DataHealthPage = lazy(() => import('./pages/data_health/data_health_page'));
const DataCollectionPage = lazy(() => import('./pages/data_collection/data_collection_page'));
const OverviewPage = lazy(() => import('./pages/appliance/overview_page'));
const ServicesPage = lazy(() => import('./pages/appliance/services_page'));
const LogsPage = lazy(() => import('./pages/appliance/logs_page'));
const SettingsPage = lazy(() => import('./pages/settings/settings_page'));

function Waiting() {
  return (
    <Center h="60vh">
      <Loader aria-label="Loading" />
    </Center>
  );
}

function NotFoundPage() {
  return (
    <>
      <PageHeader title="Page not found" />
      <EmptyState
        icon={FileQuestion}
        title="There is nothing at this address"
        hint="Choose a page from the navigation."
      />
    </>
  );
}

function Pages() {
  return (
    <Suspense fallback={<Waiting />}>
      <Switch>
        <Route path="/">
          <Redirect to="/live" replace />
        </Route>
        <Route path="/live" component={LivePage} />
        <Route path="/trends" component={TrendsPage} />
        <Route path="/funnel" component={FunnelPage} />
        <Route path="/retention" component={RetentionPage} />
        <Route path="/sql" component={SqlPage} />
        <Route path="/data-health" component={DataHealthPage} />
        <Route path="/data-collection" component={DataCollectionPage} />
        <Route path="/settings" component={SettingsPage} />
        <Route path="/appliance" component={OverviewPage} />
        <Route path="/appliance/services" component={ServicesPage} />
        <Route path="/appliance/logs" component={LogsPage} />
        <Route component={NotFoundPage} />
      </Switch>
    </Suspense>
  );
}

export function App() {
  const session = useSession();
  if (session.isPending) {
    return <Waiting />;
  }
  if (session.isError) {
    return (
      <Center h="100vh" p="md">
        <ErrorState
          error={session.error}
          title="Bristle does not answer"
          onRetry={() => void session.refetch()}
        />
      </Center>
    );
  }
  if (session.data === null) {
    return <SignInPage />;
  }
  return (
    <ProjectContext value={session.data.team}>
      <Shell user={session.data}>
        <RenderGuard>
          <Pages />
        </RenderGuard>
      </Shell>
    </ProjectContext>
  );
}
