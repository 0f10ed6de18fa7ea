import { uplinkService } from '@connscan/wire';

/** A message as it travels: not compressed, length, protobuf. */
export function frameOf(message: object): Buffer {
  const body = uplinkService.Session!.requestSerialize(message);
  const head = Buffer.alloc(5);
  head.writeUInt32BE(body.length, 1);
  return Buffer.concat([head, body]);
}
