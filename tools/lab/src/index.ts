export { createLab, type Lab } from './create-lab.ts';
export type { Host } from './host.ts';
