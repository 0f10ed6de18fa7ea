import { onPostgres } from './test-store.ts';

onPostgres();
await import('./uplink.test.ts');
