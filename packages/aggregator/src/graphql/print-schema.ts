import { printSchema } from 'graphql';
import { createSchema } from './create-schema.ts';

/** The text of schema.graphql, on standard output. */
process.stdout.write(`${printSchema(createSchema())}\n`);
