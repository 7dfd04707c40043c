import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import { describe, expect, it } from 'vitest';
import { GraphBuilder, MICROSOFT } from './graph.ts';

/** Fields of a message by number; messages inside stay bytes. */
type Fields = Readonly<Record<number, readonly unknown[]>>;

function decode(bytes: Uint8Array): Fields {
  const reader = new BinaryReader(bytes);
  const fields: Record<number, unknown[]> = {};
  while (reader.pos < reader.len) {
    const [field, type] = reader.tag();
    const value =
      type === WireType.Varint
        ? Number(reader.int64())
        : type === WireType.Bit32
          ? reader.float()
          : reader.bytes().slice();
    (fields[field] ??= []).push(value);
  }
  return fields;
}

const messages = (fields: Fields | undefined, field: number): Fields[] =>
  (fields?.[field] ?? []).map((bytes) => decode(bytes as Uint8Array));
const texts = (fields: Fields | undefined, field: number): string[] =>
  (fields?.[field] ?? []).map((bytes) => new TextDecoder().decode(bytes as Uint8Array));

// Numbers of the fields below are those of onnx.proto.
const graphOf = (model: Fields): Fields | undefined => messages(model, 7)[0];

/** A ValueInfoProto as [name, element type, dimensions]. */
function valueInfo(info: Fields): [string | undefined, unknown, unknown[]] {
  const tensor = messages(messages(info, 2)[0], 1)[0];
  const dimensions = messages(messages(tensor, 2)[0], 1);
  return [texts(info, 1)[0], tensor?.[1]?.[0], dimensions.map((d) => d[1]?.[0] ?? texts(d, 2)[0])];
}

function attributes(node: Fields | undefined): Record<string, unknown> {
  return Object.fromEntries(
    messages(node, 5).map((attribute): [string, unknown] => {
      const byType: Record<number, unknown> = {
        1: attribute[2]?.[0],
        2: attribute[3]?.[0],
        3: texts(attribute, 4)[0],
        7: attribute[8] ?? [],
      };
      return [texts(attribute, 1)[0] ?? '', [attribute[20]?.[0], byType[Number(attribute[20]?.[0])]]];
    }),
  );
}

describe('GraphBuilder', () => {
  const build = (body: (graph: GraphBuilder) => void): Fields => {
    const graph = new GraphBuilder();
    body(graph);
    return decode(graph.build('the name'));
  };

  it('points to values in a file beside the model', () => {
    const model = build((graph) => {
      const place = { location: 'weights.bin', offset: 2 ** 32, length: 24 };
      graph.output(graph.node('Identity', [graph.external('w', [2, 3], place)]), [2, 3]);
    });
    const tensor = messages(graphOf(model), 5)[0];
    expect([tensor?.[1], tensor?.[2], texts(tensor, 8), tensor?.[14]]).toEqual([[2, 3], [1], ['w'], [1]]);
    const entries = messages(tensor, 13).map((entry) => [texts(entry, 1)[0], texts(entry, 2)[0]]);
    expect(Object.fromEntries(entries)).toEqual({
      location: 'weights.bin',
      offset: '4294967296',
      length: '24',
    });
  });

  it('says which versions of the format and the operators it uses', () => {
    const model = build(() => undefined);
    expect(model[1]).toEqual([10]);
    expect(texts(model, 2)).toEqual(['emulsion']);
    expect(messages(model, 8).map((opset) => [texts(opset, 1)[0], opset[2]?.[0]])).toEqual([
      ['', 21],
      [MICROSOFT, 1],
    ]);
    expect(texts(graphOf(model), 2)).toEqual(['the name']);
  });

  it('declares inputs and outputs with their types and sizes', () => {
    const builder = new GraphBuilder();
    builder.input('x', ['N', 3, 'C']);
    builder.input('rows', [77], 'int32');
    builder.input('scalar', []);
    builder.output('y', ['N', 1], 'int64');
    const graph = graphOf(decode(builder.build('test')));
    expect(messages(graph, 11).map(valueInfo)).toEqual([
      ['x', 1, ['N', 3, 'C']],
      ['rows', 6, [77]],
      ['scalar', 1, []],
    ]);
    expect(messages(graph, 12).map(valueInfo)).toEqual([['y', 7, ['N', 1]]]);
    expect(builder.inputs).toEqual(['x', 'rows', 'scalar']);
    expect(builder.outputs).toEqual(['y']);
  });

  it('connects nodes in order, with an edge of its own for each output', () => {
    const graph = graphOf(
      build((builder) => {
        const [a = '', b = ''] = builder.nodes('Split', [builder.input('x', ['N'])], 2);
        const sum = builder.node('Add', [a, b]);
        builder.node('Resize', [sum, '', 'scales'], { outputs: ['y'], domain: MICROSOFT });
      }),
    );
    const nodes = messages(graph, 1);
    expect(nodes.map((node) => texts(node, 4)[0])).toEqual(['Split', 'Add', 'Resize']);
    expect(nodes.map((node) => texts(node, 7))).toEqual([[], [], [MICROSOFT]]);
    const [split, add, resize] = nodes.map((node) => ({ inputs: texts(node, 1), outputs: texts(node, 2) }));
    expect(split?.inputs).toEqual(['x']);
    expect(new Set(split?.outputs).size).toBe(2);
    expect(add?.inputs).toEqual(split?.outputs);
    // An empty name leaves an optional input out.
    expect(resize).toEqual({ inputs: [...(add?.outputs ?? []), '', 'scales'], outputs: ['y'] });
    expect(new Set([...(split?.outputs ?? []), ...(add?.outputs ?? [])]).size).toBe(3);
  });

  it('gives attributes their types', () => {
    const graph = graphOf(
      build((builder) => {
        builder.node('Conv', ['x'], {
          attributes: { axis: -1, mode: 'nearest', epsilon: { float: 1e-5 }, pads: [0, 1, -2, 3], empty: [] },
        });
      }),
    );
    expect(attributes(messages(graph, 1)[0])).toEqual({
      axis: [2, -1],
      mode: [3, 'nearest'],
      epsilon: [1, Math.fround(1e-5)],
      pads: [7, [0, 1, -2, 3]],
      empty: [7, []],
    });
  });

  it('stores constants as little-endian bytes with their sizes', () => {
    const names: string[] = [];
    const graph = graphOf(
      build((builder) => {
        names.push(builder.constant([1, -1, 2 ** 40], 'int64'));
        names.push(builder.constant([0.1, 2, 3, 4], 'float32', [2, 2]));
        names.push(builder.constant([3], 'float32', []));
      }),
    );
    const [integers, floats, scalar] = messages(graph, 5);
    const bytes = (tensor: Fields | undefined): ArrayBuffer =>
      (tensor?.[9]?.[0] as Uint8Array<ArrayBuffer>).buffer;
    expect([integers, floats, scalar].map((tensor) => texts(tensor, 8)[0])).toEqual(names);
    expect([integers?.[1], integers?.[2]]).toEqual([[3], [7]]);
    expect([...new BigInt64Array(bytes(integers))]).toEqual([1n, -1n, 2n ** 40n]);
    expect([floats?.[1], floats?.[2]]).toEqual([[2, 2], [1]]);
    expect([...new Float32Array(bytes(floats))]).toEqual([Math.fround(0.1), 2, 3, 4]);
    expect([scalar?.[1], scalar?.[2]]).toEqual([undefined, [1]]);
    expect(new Set(names).size).toBe(3);
  });
});
