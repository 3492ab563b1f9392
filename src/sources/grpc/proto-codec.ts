/** Turns plain objects into protobuf bytes and back, by the definitions of one `.proto` text. */
export interface ProtoCodec {
  /** @throws when `type` is not defined or a field has the wrong type. */
  encode(type: string, fields: Readonly<Record<string, unknown>>): Buffer;
  /**
   * Fields in camelCase with proto3's defaults; 64-bit integers as decimal strings (a number would lose nanoseconds),
   * enums as numbers, messages that were not sent as null.
   * @throws on bytes that are not such a message.
   */
  decode(type: string, bytes: Uint8Array): unknown;
}

/** Loads protobufjs (about 2 MiB resident) when it is first needed. */
export async function loadProto(text: string): Promise<ProtoCodec> {
  const { default: protobuf } = await import('protobufjs');
  const { root, package: scope = '' } = protobuf.parse(text);
  const typeOf = (name: string) => root.lookupType(`${scope}.${name}`);
  return {
    encode(name, fields) {
      const type = typeOf(name);
      return Buffer.from(type.encode(type.fromObject(fields)).finish());
    },
    decode(name, bytes) {
      const type = typeOf(name);
      return type.toObject(type.decode(bytes), { longs: String, defaults: true });
    },
  };
}
