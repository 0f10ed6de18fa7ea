import { onPostgres } from '../../test/test-store.ts';

onPostgres();
await import('./detection-order.test.ts');
