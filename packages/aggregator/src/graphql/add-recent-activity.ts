import type { RecentActivity as Activity } from '../store/find-recent-activity.ts';
import type { Builder } from './builder.ts';

/** What a source does now, and what it may do without an alert. */
export type RecentActivity = Activity & { readonly periodSeconds: number; readonly threshold: number };

export function addRecentActivity(builder: Builder) {
  return builder.objectRef<RecentActivity>('RecentActivity').implement({
    authScopes: { viewer: true },
    description:
      'What a source did in the last rollup period, as sensors told it: without what only a detector knows, exceptions and habits.',
    fields: (t) => ({
      periodSeconds: t.exposeInt('periodSeconds', { description: 'Length of the period, by the policy of the fleet.' }),
      abortedServices: t.expose('aborted', {
        type: 'Count',
        description: 'Distinct services that it connected to without saying anything.',
      }),
      failedServices: t.expose('failed', {
        type: 'Count',
        description: 'Distinct services that refused or did not answer.',
      }),
      threshold: t.exposeInt('threshold', {
        description: 'Aborted services that make a detection of low severity, by the policy of the fleet.',
      }),
    }),
  });
}
