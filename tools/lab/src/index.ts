export { createLab, type Lab, type LabOptions } from './create-lab.ts';
export type { Host } from './host.ts';
