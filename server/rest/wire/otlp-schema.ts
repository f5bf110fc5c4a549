import type { Type } from "protobufjs";

/*
 * What is read of an OTLP trace request, by the field numbers of OpenTelemetry's protocol. Other fields are passed over. The
 * reader is made when the first request comes, so that a start does not pay for it.
 */

const messages = {
  ExportTraceServiceRequest: { fields: { resourceSpans: { rule: "repeated", type: "ResourceSpans", id: 1 } } },
  ResourceSpans: { fields: { resource: { type: "Resource", id: 1 }, scopeSpans: { rule: "repeated", type: "ScopeSpans", id: 2 } } },
  Resource: { fields: { attributes: { rule: "repeated", type: "KeyValue", id: 1 } } },
  ScopeSpans: { fields: { spans: { rule: "repeated", type: "Span", id: 2 } } },
  Span: {
    fields: {
      traceId: { type: "bytes", id: 1 },
      spanId: { type: "bytes", id: 2 },
      parentSpanId: { type: "bytes", id: 4 },
      name: { type: "string", id: 5 },
      startTimeUnixNano: { type: "fixed64", id: 7 },
      endTimeUnixNano: { type: "fixed64", id: 8 },
      attributes: { rule: "repeated", type: "KeyValue", id: 9 },
      events: { rule: "repeated", type: "Event", id: 11 },
      links: { rule: "repeated", type: "Link", id: 13 },
      status: { type: "Status", id: 15 },
    },
  },
  Event: { fields: { timeUnixNano: { type: "fixed64", id: 1 }, name: { type: "string", id: 2 }, attributes: { rule: "repeated", type: "KeyValue", id: 3 } } },
  Link: { fields: { traceId: { type: "bytes", id: 1 }, spanId: { type: "bytes", id: 2 }, attributes: { rule: "repeated", type: "KeyValue", id: 4 } } },
  Status: { fields: { message: { type: "string", id: 2 }, code: { type: "int32", id: 3 } } },
  KeyValue: { fields: { key: { type: "string", id: 1 }, value: { type: "AnyValue", id: 2 } } },
  AnyValue: {
    oneofs: { value: { oneof: ["stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"] } },
    fields: {
      stringValue: { type: "string", id: 1 },
      boolValue: { type: "bool", id: 2 },
      intValue: { type: "int64", id: 3 },
      doubleValue: { type: "double", id: 4 },
      arrayValue: { type: "ArrayValue", id: 5 },
      kvlistValue: { type: "KeyValueList", id: 6 },
      bytesValue: { type: "bytes", id: 7 },
    },
  },
  ArrayValue: { fields: { values: { rule: "repeated", type: "AnyValue", id: 1 } } },
  KeyValueList: { fields: { values: { rule: "repeated", type: "KeyValue", id: 1 } } },
};

let request: Promise<Type> | undefined;

/** Reads a request's bytes into fields named as in OTLP's JSON. @throws for bytes that are no such message. */
export async function decodeProtobuf(bytes: Buffer): Promise<unknown> {
  request ??= import("protobufjs").then(({ default: protobuf }) => {
    const root = protobuf.Root.fromJSON({ nested: messages });
    return root.lookupType("ExportTraceServiceRequest");
  });
  return (await request).decode(bytes);
}
