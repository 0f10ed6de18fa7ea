import { type Column, formatTable } from './format-table.ts';
import type { Screen } from './screen.ts';

export type Output = {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly format: string;
  readonly target: string;
  readonly filter: {
    readonly severity: string | null;
    readonly confidence: string | null;
    readonly alertTypes: readonly string[] | null;
    readonly untriaged: boolean;
  };
  readonly state: string;
  readonly waiting: number;
  readonly delivered: number;
  readonly failed: number;
  readonly lastDelivered: string | null;
  readonly lastError: string | null;
};

const COLUMNS: readonly (string | Column)[] = [
  'NAME',
  'KIND',
  { head: 'FORMAT', narrow: 'drop' },
  { head: 'TARGET', narrow: 'cut' },
  { head: 'GETS', narrow: 'cut' },
  { head: 'STATE', colourOf: (text) => (text === 'FAILING' ? 'red' : text === 'DISABLED' ? 'gray' : undefined) },
  'WAITING',
  'DELIVERED',
  'FAILED',
  { head: 'LAST DELIVERED', narrow: 'drop' },
  { head: 'LAST ERROR', narrow: 'cut' },
];

export function formatOutputs(outputs: readonly Output[], screen: Screen): string {
  if (outputs.length === 0) return 'no outputs\n';
  return formatTable(
    COLUMNS,
    outputs.map((output) => {
      const { name, kind, format, target, state, waiting, delivered, failed, lastDelivered, lastError } = output;
      const counts = [waiting, delivered, failed, lastDelivered ?? 'never'];
      return [name, kind, format, target, getsOf(output), state, ...counts, lastError ?? ''];
    }),
    screen,
  );
}

function getsOf({ filter: { severity, confidence, alertTypes, untriaged } }: Output): string {
  const words = [severity && `${severity} and up`, confidence, alertTypes?.join(' '), untriaged && 'untriaged'];
  return words.filter(Boolean).join(', ') || 'all';
}
