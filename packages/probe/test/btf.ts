import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

type BtfType = {
  id: number;
  kind: string;
  name: string;
  size?: number;
  nr_elems?: number;
  type_id?: number;
  members?: { name: string; type_id: number; bits_offset: number }[];
  values?: { name: string; val: number }[];
};

export type Field = { readonly name: string; readonly offset: number; readonly bytes: number };

const OBJECT = fileURLToPath(new URL('../build/connscan.bpf.o', import.meta.url));

/** The layouts that the built object says it uses. */
export function readBtf() {
  const environment = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` };
  const dump = execFileSync('bpftool', ['btf', 'dump', 'file', OBJECT, '-j'], { encoding: 'utf8', env: environment });
  const types: BtfType[] = JSON.parse(dump).types;

  function find(kind: string, name: string): BtfType {
    const type = types.find((candidate) => candidate.kind === kind && candidate.name === name);
    if (!type) throw new Error(`no ${kind} ${name} in ${OBJECT}`);
    return type;
  }

  function bytesOf(id: number): number {
    const type = types[id - 1]!;
    if (type.kind === 'ARRAY') return type.nr_elems! * bytesOf(type.type_id!);
    return type.kind === 'TYPEDEF' ? bytesOf(type.type_id!) : type.size!;
  }

  return {
    structBytes: (name: string) => find('STRUCT', name).size!,
    fields: (name: string): Field[] =>
      find('STRUCT', name).members!.map((member) => ({
        name: member.name,
        offset: member.bits_offset / 8,
        bytes: bytesOf(member.type_id),
      })),
    enumNames: (name: string): Record<number, string> =>
      Object.fromEntries(find('ENUM', name).values!.map((value) => [value.val, value.name])),
  };
}
