import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import {
  type GraphQLInputType,
  type GraphQLResolveInfo,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { accessMatrix, formatAccessMatrix } from '../src/access/access-matrix.ts';
import { ROLES, type Role } from '../src/access/actor.ts';
import { createSchema } from '../src/graphql/create-schema.ts';
import { startTestAggregator, type TestAggregator } from './test-aggregator.ts';

const schema = createSchema();
const matrix = accessMatrix(schema);
const COLUMNS = ['nobody', ...ROLES] as const;

let aggregator: TestAggregator;
const tokens = new Map<string, string>();

before(async () => {
  aggregator = await startTestAggregator();
  for (const role of ROLES) {
    const { data } = await aggregator.query(
      `mutation { createApiToken(name: "${role}", role: ${role.toUpperCase()}) { ... on NewApiToken { token } } }`,
    );
    tokens.set(role, data.createApiToken.token);
  }
});
after(() => aggregator.stop());

/** What a field with arguments takes, just to be asked for. */
function literal(type: GraphQLInputType): string {
  if (isNonNullType(type)) return literal(type.ofType);
  if (isListType(type)) return `[${literal(type.ofType)}]`;
  if (isEnumType(type)) return type.getValues()[0]!.name;
  if (isInputObjectType(type)) {
    const all = Object.values(type.getFields());
    const fields = type.isOneOf ? all.slice(0, 1) : all.filter((field) => isNonNullType(field.type));
    return `{ ${fields.map((field) => `${field.name}: ${literal(field.type)}`).join(', ')} }`;
  }
  const samples: Record<string, string> = {
    Int: '1',
    Count: '1',
    Boolean: 'true',
    Float: '1',
    Address: '"10.0.0.1"',
    DateTime: '"2026-01-01T00:00:00Z"',
  };
  return samples[type.name] ?? '"x"';
}

/** Each field of an operation, with what it needs to be asked for. */
function rootFields(operation: 'query' | 'mutation' | 'subscription'): { name: string; document: string }[] {
  const type = schema.getRootType(operation as never)!;
  return Object.values(type.getFields()).map((field) => {
    const args = field.args.filter((arg) => isNonNullType(arg.type)).map((arg) => `${arg.name}: ${literal(arg.type)}`);
    const selection = isLeafType(getNamedType(field.type)) ? '' : ' { __typename }';
    const call = args.length > 0 ? `(${args.join(', ')})` : '';
    return { name: `${type.name}.${field.name}`, document: `${operation} { ${field.name}${call}${selection} }` };
  });
}

test('the matrix of every field and role is what the code says: npm run schema', () => {
  const committed = readFileSync(new URL('../access-matrix.md', import.meta.url), 'utf8');
  assert.equal(formatAccessMatrix(matrix), committed);
});

for (const operation of ['query', 'mutation'] as const) {
  test(`each ${operation} answers whom the matrix says, and refuses the others`, async () => {
    for (const { name, document } of rootFields(operation)) {
      for (const column of COLUMNS) {
        const { errors = [] } = await aggregator.query(document, {}, tokens.get(column) ?? 'nobody');
        const codes = errors.map(({ extensions }) => extensions.code);
        const refused = codes.some((code) => code === 'FORBIDDEN' || code === 'UNAUTHENTICATED');
        assert.equal(refused, matrix.get(name)![column] === 'no', `${name} as ${column}: ${JSON.stringify(errors)}`);
      }
    }
  });
}

test('each subscription is for whoever has a token, and for nobody else', async () => {
  for (const { name, document } of rootFields('subscription')) {
    for (const column of COLUMNS) {
      assert.equal(matrix.get(name)![column] === 'no', column === 'nobody', name);
      const closing = new AbortController();
      const headers = {
        'content-type': 'application/json',
        accept: 'text/event-stream',
        authorization: `Bearer ${tokens.get(column) ?? 'nobody'}`,
      };
      const response = await fetch(`${aggregator.origin}/graphql`, {
        method: 'POST',
        headers,
        body: JSON.stringify({ query: document }),
        signal: closing.signal,
      });
      assert.equal(response.status, column === 'nobody' ? 401 : 200, `${name} as ${column}`);
      closing.abort();
    }
  }
});

test('each type refuses those who may not have its fields, however they came to it', () => {
  const info = { parentType: { name: 'Any' }, fieldName: 'any' } as GraphQLResolveInfo;
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || !matrix.has(`${type.name}.${Object.keys(type.getFields())[0]}`)) continue;
    if (['Query', 'Mutation', 'Subscription'].includes(type.name)) continue;
    const { authScopes } = type.extensions.pothosOptions as { authScopes: Partial<Record<Role, true>> };
    for (const role of ROLES) {
      const allowed = ROLES.indexOf(role) >= ROLES.findIndex((one) => authScopes[one]);
      const visit = () => type.isTypeOf!({}, { actor: { name: 'somebody', role } }, info);
      if (allowed) assert.doesNotThrow(visit, type.name);
      else assert.throws(visit, { message: /needs the role/ }, `${type.name} as ${role}`);
    }
  }
});

test('every type, field, argument and value is described', () => {
  const silent: string[] = [];
  for (const type of Object.values(schema.getTypeMap())) {
    if (type.name.startsWith('__') || ['String', 'Int', 'Boolean', 'ID', 'Float'].includes(type.name)) continue;
    if (!type.description) silent.push(type.name);
    if (isEnumType(type)) for (const { name, description } of type.getValues()) if (!description) silent.push(name);
    if (!('getFields' in type)) continue;
    for (const field of Object.values(type.getFields())) {
      if (!field.description) silent.push(`${type.name}.${field.name}`);
      const args = 'args' in field ? field.args : [];
      for (const { name, description } of args) if (!description) silent.push(`${type.name}.${field.name}(${name}:)`);
    }
  }
  assert.deepEqual(silent, []);
});
