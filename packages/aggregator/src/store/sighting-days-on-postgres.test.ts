import { onPostgres } from '../../test/test-store.ts';

onPostgres();
await import('./sighting-days.test.ts');
