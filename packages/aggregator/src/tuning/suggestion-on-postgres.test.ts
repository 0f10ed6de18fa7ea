import { onPostgres } from '../../test/test-store.ts';

onPostgres();
await import('./suggestion.test.ts');
