import { ConnscanError } from '@connscan/model';
import { type Logger, writeCertifiedKey } from '@connscan/program';
import { createUplinkClient, type UplinkClient } from '@connscan/wire';
import { credentials } from '@grpc/grpc-js';
import { readAgentId } from '../agent-id.ts';
import { AGGREGATOR_OPTIONS, clientCredentials } from './connect-aggregator.ts';
import { identityFile, readIdentity } from './identity-file.ts';
import { isRenewalDue } from './is-renewal-due.ts';
import { requestCertificate } from './request-certificate.ts';

/** How often a running agent looks whether its certificate is to be renewed, and tries again, in milliseconds. */
const LOOK_MS = 3_600_000;

/** Who an agent is, as long as it runs. */
export type Identity = {
  /** UUID. */
  readonly agentId: string;
  /** A client of the aggregator with the certificate of now; the caller closes it. */
  connect(): UplinkClient;
  status(): { readonly insecure: true } | { readonly expiresMs: number };
  /** Gets another certificate if it is time. A failure is logged, and tried again within the hour. */
  renew(): Promise<void>;
  stop(): Promise<void>;
};

export type IdentityOptions = {
  /** Path of the agent's data directory, which is open. */
  readonly data: string;
  /** HOST:PORT. */
  readonly aggregator: string;
  /** Without TLS, by an id of its own making. */
  readonly insecure: boolean;
  readonly wallTimeMs: () => number;
  readonly logger: Pick<Logger, 'info' | 'error'>;
};

/** The identity in a data directory, which is kept from expiring until it is stopped. Throws IDENTITY_UNUSABLE. */
export async function openIdentity(options: IdentityOptions): Promise<Identity> {
  return options.insecure ? openInsecure(options) : openEnrolled(options);
}

async function openInsecure({ data, aggregator }: IdentityOptions): Promise<Identity> {
  return {
    agentId: await readAgentId(data),
    connect: () => createUplinkClient(aggregator, credentials.createInsecure()),
    status: () => ({ insecure: true }),
    renew: async () => {},
    stop: async () => {},
  };
}

async function openEnrolled({ data, aggregator, wallTimeMs, logger }: IdentityOptions): Promise<Identity> {
  const file = identityFile(data);
  const kept = await readIdentity(data);
  if (!kept) throw new ConnscanError('IDENTITY_UNUSABLE', `${file}: is missing, \`connscan-agent enroll\` gets one`);
  const { agentId } = kept;
  let own = kept;
  let renewing: Promise<void> | undefined;

  async function replace(): Promise<void> {
    try {
      const { authorities, key, request } = own;
      // The same key: who had stolen it could renew as well, and a new one would not keep him out. Revoking does.
      const next = await requestCertificate({ aggregator, authorities, key, request, own });
      if (next.agentId !== agentId) throw new Error(`the aggregator answered for agent ${next.agentId}`);
      await writeCertifiedKey(file, next);
      own = next;
      logger.info({ expires: own.certificate.validTo }, 'the certificate is renewed');
    } catch (error) {
      logger.error({ err: error, expires: own.certificate.validTo }, 'the certificate could not be renewed');
    }
  }

  async function renew(): Promise<void> {
    if (!isRenewalDue(own.certificate, wallTimeMs())) return;
    renewing ??= replace().finally(() => {
      renewing = undefined;
    });
    await renewing;
  }

  const timer = setInterval(renew, LOOK_MS).unref();
  void renew();
  return {
    agentId,
    connect: () => createUplinkClient(aggregator, clientCredentials(own.authorities, own), AGGREGATOR_OPTIONS),
    status: () => ({ expiresMs: own.certificate.validToDate.getTime() }),
    renew,
    async stop() {
      clearInterval(timer);
      await renewing;
    },
  };
}
