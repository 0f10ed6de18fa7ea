import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { buildSchema, parse, validate } from 'graphql';
import * as accessDocuments from './access-documents.ts';
import * as documents from './documents.ts';
import * as outputDocuments from './output-documents.ts';
import * as rolloutDocuments from './rollout-documents.ts';
import * as tuningDocuments from './tuning-documents.ts';

const file = new URL('../../aggregator/schema.graphql', import.meta.url);
const schema = buildSchema(readFileSync(file, 'utf8'));

const all = { ...documents, ...accessDocuments, ...outputDocuments, ...rolloutDocuments, ...tuningDocuments };
for (const [name, document] of Object.entries(all)) {
  // What is asked in each mutation, and no document.
  if (name === 'REFUSAL') continue;
  test(`${name} is a document of the aggregator's schema`, () => {
    assert.deepEqual(validate(schema, parse(document)), []);
  });
}
