import { agentIdOf } from '@connscan/wire';
import { type ServerReadableStream, type ServerUnaryCall, status } from '@grpc/grpc-js';

/** Whose certificate a call came with. */
export type Peer = { readonly agentId: string; readonly expiresMs: number };

/** How a call or a session ends other than by its caller's wish. */
export type Refusal = { readonly code: status; readonly details: string };

type Call = Pick<ServerUnaryCall<unknown, unknown> | ServerReadableStream<unknown, unknown>, 'getAuthContext'>;

/**
 * The agent that the certificate of a call's connection names. gRPC shows no certificate but one that the authority signed
 * and that held when the connection was made; whether it still holds is looked at here, as connections live for long.
 */
export function peerOf(call: Call, nowMs: number): Peer | Refusal {
  const certificate = call.getAuthContext().sslPeerCertificate;
  const agentId = agentIdOf(certificate?.subjectaltname);
  if (!certificate || agentId === undefined) {
    return {
      code: status.UNAUTHENTICATED,
      details: 'no certificate of this aggregator: `connscan-agent enroll` gets one',
    };
  }
  const expiresMs = Date.parse(certificate.valid_to);
  // Not `<=`, which a date that cannot be read would pass.
  if (!(expiresMs > nowMs)) return expired(agentId);
  return { agentId, expiresMs };
}

/** Why an agent whose certificate has come to its end is not heard. */
export function expired(agentId: string): Refusal {
  return { code: status.UNAUTHENTICATED, details: `the certificate of agent ${agentId} has expired` };
}
