import { onPostgres } from '../../test/test-store.ts';

onPostgres();
await import('./find-detections.test.ts');
