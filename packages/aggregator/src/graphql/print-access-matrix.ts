import { accessMatrix, formatAccessMatrix } from '../access/access-matrix.ts';
import { createSchema } from './create-schema.ts';

/** The text of access-matrix.md, on standard output. */
process.stdout.write(formatAccessMatrix(accessMatrix(createSchema())));
