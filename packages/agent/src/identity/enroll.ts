import { ConnscanError } from '@connscan/model';
import { formatSocketAddress, openDataDirectory, type SocketAddress, writeCertifiedKey } from '@connscan/program';
import { decodeEnrollToken } from '@connscan/wire';
import { createRequest } from './create-request.ts';
import { fetchAuthority } from './fetch-authority.ts';
import { identityFile, type KeptIdentity, readIdentity } from './identity-file.ts';
import { requestCertificate } from './request-certificate.ts';

export type EnrollOptions = {
  readonly aggregator: SocketAddress;
  /** The agent's data directory; made if missing. */
  readonly data: string;
  /** As `connscan enroll-token create` gave it. */
  readonly token: string;
  readonly hostname: string;
};

/**
 * Gets the agent of a data directory its identity from the aggregator that made the token, and from no other. Throws
 * BAD_USAGE, DATA_DIRECTORY_*, IDENTITY_UNUSABLE, AGGREGATOR_UNREACHABLE or ENROLLMENT_REFUSED; then nothing is kept.
 */
export async function enroll({ aggregator, data, token, hostname }: EnrollOptions): Promise<KeptIdentity> {
  const decoded = decodeEnrollToken(token);
  if (!decoded) {
    throw new ConnscanError('BAD_USAGE', 'token: must be the whole text that `connscan enroll-token create` gave');
  }
  await using using = new AsyncDisposableStack();
  const directory = using.adopt(await openDataDirectory(data), (opened) => opened.close());
  const file = identityFile(directory.path);
  const former = await readIdentity(directory.path);
  if (former) {
    const { agentId, certificate } = former;
    const whose = `holds agent ${agentId}, whose certificate ends on ${certificate.validTo}`;
    throw new ConnscanError('ENROLLMENT_REFUSED', `${file}: ${whose}; remove it to enroll as another agent`);
  }
  const authority = await fetchAuthority(aggregator, decoded.authority);
  const identity = await requestCertificate({
    aggregator: formatSocketAddress(aggregator),
    authorities: [authority],
    ...(await createRequest()),
    token,
    hostname,
  });
  await writeCertifiedKey(file, identity);
  return identity;
}
