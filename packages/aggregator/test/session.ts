import type { AgentMessage, AgentStream, AggregatorMessage } from '@connscan/wire';
import { AGGREGATOR_NAME, createUplinkClient } from '@connscan/wire';
import { credentials, type StatusObject } from '@grpc/grpc-js';

/** An agent's end of a session that a test drives message by message. */
export type TestSession = {
  send(message: unknown): void;
  /** The next answer; rejects with the status if the stream ended instead. */
  next(): Promise<AggregatorMessage>;
  /** How the stream ends; answers until then go to `told`. */
  ended(told?: (answer: AggregatorMessage) => void): Promise<Pick<StatusObject, 'code' | 'details'>>;
  end(): void;
  close(): void;
};

export function openSession(address: string, channel = credentials.createInsecure()): TestSession {
  const client = createUplinkClient(address, channel, {
    // What is tested is what the server refuses, not what a client refuses to send.
    'grpc.max_send_message_length': -1,
    'grpc.ssl_target_name_override': AGGREGATOR_NAME,
  });
  const stream = client.session();
  const answers = readAnswers(stream);
  const { promise: status, resolve } = Promise.withResolvers<Pick<StatusObject, 'code' | 'details'>>();
  stream.on('status', resolve);
  stream.on('error', () => {});
  return {
    async ended(told = () => {}) {
      // The status comes after the answers, and those only to a reader.
      for await (const answer of answers) told(answer);
      return status;
    },
    send(message) {
      stream.write(message as AgentMessage);
    },
    async next() {
      const { value, done } = await answers.next();
      if (done) throw new Error(`the stream ended: ${JSON.stringify(await status)}`);
      // The name of the one field that is set is beside the fields.
      const { message } = value as AggregatorMessage & { message: string };
      return Object.fromEntries(Object.entries(value).filter(([name]) => name === message)) as AggregatorMessage;
    },
    end: () => stream.end(),
    close() {
      stream.cancel();
      client.close();
    },
  };
}

/** A stream that failed ends here like any other: its status says why. */
async function* readAnswers(stream: AgentStream): AsyncGenerator<AggregatorMessage> {
  try {
    yield* stream.iterator({ destroyOnReturn: false });
  } catch {}
}
