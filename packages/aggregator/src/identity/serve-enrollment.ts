import { randomUUID, type X509Certificate } from 'node:crypto';
import { problemsOf } from '@connscan/model';
import type { Logger } from '@connscan/program';
import type { IssuedCertificate } from '@connscan/wire';
import { type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js';
import { BulkheadRejectedError, bulkhead } from 'cockatiel';
import { z } from 'zod';
import type { Database } from '../store/schema.ts';
import { unstorableReason } from '../store/unstorable-reason.ts';
import type { Authority } from './authority.ts';
import { enrollAgent, renewAgent } from './identities.ts';
import { peerOf, type Refusal } from './peer-of.ts';
import { readRequest } from './read-request.ts';

/**
 * Calls at work at a time, and calls that wait. Anybody who reaches the port may call Enroll, and agents' batches need the
 * same thread and store.
 */
const [MAX_AT_WORK, MAX_WAITING] = [2, 50];

/** Longer ones are no token. */
const MAX_TOKEN = 200;

const enrollSchema = z.object({
  token: z.string().max(MAX_TOKEN),
  request: z.instanceof(Uint8Array),
  hostname: z.string().min(1).max(255),
});
const renewSchema = enrollSchema.pick({ request: true });

export type EnrollmentContext = {
  readonly db: Database;
  readonly authority: Authority;
  readonly nowMs: () => number;
  readonly log: Pick<Logger, 'error'>;
};

type Call = ServerUnaryCall<unknown, IssuedCertificate>;
type Handler = (call: Call, answer: sendUnaryData<IssuedCertificate>) => void;

/** Handlers of the service Enrollment. */
export type EnrollmentHandlers = { readonly Enroll: Handler; readonly Renew: Handler };

/** What Enroll and Renew do: connscan.proto says what they promise. */
export function createEnrollment({ db, authority, nowMs, log }: EnrollmentContext): EnrollmentHandlers {
  const bounded = bulkhead(MAX_AT_WORK, MAX_WAITING);

  async function enroll({ request: received }: Call): Promise<IssuedCertificate | Refusal> {
    const parsed = enrollSchema.safeParse(received);
    if (!parsed.success) return invalid(problemsOf(parsed.error).join('; '));
    const { token, request, hostname } = parsed.data;
    const publicKey = await readRequest(request);
    if ('problem' in publicKey) return invalid(publicKey.problem);
    const agentId = randomUUID();
    const sign = (id: string, expires: Date) => authority.issueAgent(id, publicKey, expires);
    const issued = await enrollAgent(db, { token, agentId, hostname, nowMs: nowMs(), sign });
    return 'problem' in issued ? denied(issued.problem) : answerOf(agentId, issued);
  }

  async function renew(call: Call): Promise<IssuedCertificate | Refusal> {
    const peer = peerOf(call, nowMs());
    if ('code' in peer) return peer;
    const parsed = renewSchema.safeParse(call.request);
    if (!parsed.success) return invalid(problemsOf(parsed.error).join('; '));
    const publicKey = await readRequest(parsed.data.request);
    if ('problem' in publicKey) return invalid(publicKey.problem);
    const { agentId } = peer;
    const sign = (id: string, expires: Date) => authority.issueAgent(id, publicKey, expires);
    const issued = await renewAgent(db, { agentId, nowMs: nowMs(), sign });
    return 'problem' in issued ? denied(issued.problem) : answerOf(agentId, issued);
  }

  function answerOf(agentId: string, certificate: X509Certificate): IssuedCertificate {
    return { agentId, certificate: certificate.raw, authorities: [authority.certificate.raw] };
  }

  function serve(handle: (call: Call) => Promise<IssuedCertificate | Refusal>): Handler {
    return (call, answer) => {
      bounded
        .execute(() => handle(call))
        .catch((error): Refusal => {
          if (error instanceof BulkheadRejectedError) {
            return { code: status.RESOURCE_EXHAUSTED, details: 'too many enroll at the same time' };
          }
          const reason = unstorableReason(error);
          if (reason !== undefined) return invalid(reason);
          log.error({ err: error }, 'an enrollment failed');
          return { code: status.UNAVAILABLE, details: 'the store failed: try again' };
        })
        .then((outcome) => ('code' in outcome ? answer(outcome) : answer(null, outcome)));
    };
  }

  return { Enroll: serve(enroll), Renew: serve(renew) };
}

function invalid(details: string): Refusal {
  return { code: status.INVALID_ARGUMENT, details: details.slice(0, 500) };
}

function denied(details: string): Refusal {
  return { code: status.PERMISSION_DENIED, details };
}
