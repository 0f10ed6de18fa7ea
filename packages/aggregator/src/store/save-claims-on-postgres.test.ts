import { onPostgres } from '../../test/test-store.ts';

onPostgres();
await import('./save-claims.test.ts');
