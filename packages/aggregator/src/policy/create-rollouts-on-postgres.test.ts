import { onPostgres } from '../../test/test-store.ts';

onPostgres();
await import('./create-rollouts.test.ts');
