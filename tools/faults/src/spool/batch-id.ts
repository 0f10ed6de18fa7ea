/** A payload that names itself; its first bytes are those of an empty list of rows. */
export function payloadOf(id: number, bytes: number): Buffer {
  const payload = Buffer.alloc(12 + bytes, id);
  payload.set([0x63, 0x73, 2, 0x90]);
  payload.writeDoubleBE(id, 4);
  return payload;
}

/** Undefined if a byte of it has changed. */
export function idOf(payload: Uint8Array): number | undefined {
  const id = Buffer.from(payload).readDoubleBE(4);
  return payloadOf(id, payload.length - 12).equals(payload) ? id : undefined;
}
