/** What people may do. Each role includes those before it. */
export const ROLES = ['viewer', 'analyst', 'tuner', 'admin'] as const;
export type Role = (typeof ROLES)[number];

/** Who asks. The name is what the audit log says of a change. */
export type Actor = { readonly name: string; readonly role: Role };

/** Whether a role may do what another one is needed for. */
export function includesRole(role: Role, needed: Role): boolean {
  return ROLES.indexOf(role) >= ROLES.indexOf(needed);
}
