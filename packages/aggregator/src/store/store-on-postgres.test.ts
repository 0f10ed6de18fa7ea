import { onPostgres } from '../../test/test-store.ts';

onPostgres();
await import('./store.test.ts');
