import { onPostgres } from '../../test/test-store.ts';

onPostgres();
await import('./what-if.test.ts');
