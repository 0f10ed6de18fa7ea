import { onPostgres } from '../../test/test-store.ts';

onPostgres();
await import('./binary-column.test.ts');
