import { onPostgres } from './test-store.ts';

onPostgres();
await import('./graphql.test.ts');
