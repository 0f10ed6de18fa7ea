import type { Labels } from '../store/schema.ts';
import type { Builder } from './builder.ts';
import { InvalidInput } from './user-error.ts';

type Label = { readonly name: string; readonly value: string };

const MAX_LABELS = 32;
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9._/-]{0,62}$/;
const VALUE = /^[\x20-\x7e]{0,255}$/;

export function addLabels(builder: Builder) {
  const Label = builder.objectRef<Label>('Label').implement({
    authScopes: { viewer: true },
    description: 'A name and a value by which agents are sorted.',
    fields: (t) => ({
      name: t.exposeString('name', { description: 'Its name.' }),
      value: t.exposeString('value', { description: 'Its value.' }),
    }),
  });
  const LabelInput = builder.inputType('LabelInput', {
    description: 'A name and a value by which agents are sorted.',
    fields: (t) => ({
      name: t.string({
        required: true,
        description: 'Letters, digits and ._/- behind the first, 63 characters at most.',
      }),
      value: t.string({ required: true, description: 'Printable ASCII, 255 characters at most.' }),
    }),
  });
  return { Label, LabelInput };
}

export type LabelRefs = ReturnType<typeof addLabels>;

export function listLabels(labels: Labels): Label[] {
  return Object.entries(labels).map(([name, value]) => ({ name, value }));
}

/** The labels of an argument; BAD_USER_INPUT for what its types let through. */
export function readLabels(argument: string, labels: readonly Label[]): Labels {
  if (labels.length > MAX_LABELS)
    throw new InvalidInput(argument, `must be at most ${MAX_LABELS}, are ${labels.length}`);
  const names = new Set<string>();
  for (const { name, value } of labels) {
    if (!NAME.test(name)) throw new InvalidInput(`${argument}.name`, `must match ${NAME.source}`);
    if (!VALUE.test(value))
      throw new InvalidInput(`${argument}.value`, 'must be at most 255 printable ASCII characters');
    if (names.has(name)) throw new InvalidInput(argument, `must have one value for each name, ${name} has two`);
    names.add(name);
  }
  return Object.fromEntries(labels.map(({ name, value }) => [name, value]));
}
