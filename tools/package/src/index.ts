export { packProgram } from './pack-program.ts';
export { type PackedProgram, PROGRAMS } from './programs.ts';
