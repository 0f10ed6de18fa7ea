import type { z } from 'zod';

/** Every problem of a refused value, one line each, `field: what would be right`. */
export function problemsOf(error: z.ZodError): string[] {
  return error.issues.map((issue) => `${issue.path.join('.') || 'document'}: ${issue.message}`);
}
