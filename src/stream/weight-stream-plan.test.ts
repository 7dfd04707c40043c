import { beforeEach, describe, expect, it } from 'vitest';
import {
  bytesOf,
  FIRST,
  HostBackend,
  openTestStream,
  planOf,
  SECOND,
  type TestStream,
} from './test-weight-stream.ts';

describe('a stream with a plan', () => {
  let reads: TestStream['reads'];
  let stream: TestStream['stream'];
  let host: HostBackend;
  let visit: TestStream['visit'];

  beforeEach(async () => {
    ({ reads, stream, host, visit } = await openTestStream());
  });

  it('keeps nothing that is streamed, neither on the backend nor in memory', async () => {
    await stream.follow(planOf({}));
    for (let run = 0; run < 3; run++) await visit(FIRST);
    expect(reads).toHaveLength(3);
    expect(host.sent.reduce((sum, bytes) => sum + bytes, 0)).toBe(3 * bytesOf(FIRST));
    host.expectEmpty();
  });

  it('reads once what is kept in memory, and sends it each time', async () => {
    await stream.follow(planOf({ kept: true }));
    for (let run = 0; run < 3; run++) await visit(FIRST);
    expect(reads).toHaveLength(1);
    expect(host.sent.reduce((sum, bytes) => sum + bytes, 0)).toBe(3 * bytesOf(FIRST));
    await stream.follow(planOf({}));
    await visit(FIRST);
    expect(reads).toHaveLength(2);
  });

  it('sends once what stays packed, and widens it each time', async () => {
    await stream.follow(planOf({ residency: 'packed' }));
    const values = [];
    for (let run = 0; run < 3; run++) values.push(await visit(FIRST));
    expect(reads).toHaveLength(1);
    expect(host.sent).toEqual([bytesOf(FIRST)]);
    expect(host.live.size).toBe(0);
    expect(host.stored.size).toBe(1);
    expect(values[2]).toEqual(values[0]);
  });

  it('widens once what stays expanded', async () => {
    await stream.follow(planOf({ residency: 'expanded' }));
    const first = await visit(FIRST);
    expect(await visit(FIRST)).toBe(first);
    expect(host.live).toEqual(new Set(first.values()));
    expect(host.stored.size).toBe(0);
  });

  it.each(['packed', 'expanded'] as const)(
    '%s: stays for the next phase only if it lasts',
    async (residency) => {
      await stream.follow(planOf({ residency, lasting: true }, { residency }));
      const first = await visit(FIRST);
      await visit(SECOND);
      await stream.leave();
      if (residency === 'packed') expect(host.stored.size).toBe(1);
      else expect(host.live).toEqual(new Set(first.values()));
      await visit(FIRST);
      expect(reads).toHaveLength(2);
      await stream.follow(planOf({}));
      host.expectEmpty();
    },
  );

  it('gives everything back when the backend is to rest', async () => {
    await stream.follow(
      planOf({ residency: 'packed', lasting: true }, { residency: 'expanded', lasting: true }),
    );
    await visit(FIRST);
    await visit(SECOND);
    await stream.unload();
    host.expectEmpty();
    expect((await visit(FIRST)).size).toBe(FIRST.weights.length);
  });

  it('gives everything back when another backend takes over', async () => {
    await stream.follow(planOf({ residency: 'packed', lasting: true }, { residency: 'expanded' }));
    await visit(FIRST);
    await visit(SECOND);
    const other = new HostBackend();
    const acquired = await stream.acquire(FIRST, other.backend);
    await stream.abandon();
    host.expectEmpty();
    expect(other.live).toEqual(new Set(acquired.values()));
    expect(other.stored.size).toBe(1);
  });

  it('sends ahead what the plan says, and leaves the work under way what it needs', async () => {
    await stream.follow(planOf({ workBytes: 123 }, { ahead: true }));
    stream.prefetch(SECOND, host.backend, FIRST);
    await visit(SECOND);
    expect(host.leaving).toEqual([123]);
    expect(host.sent).toEqual([bytesOf(SECOND)]);
    stream.prefetch(FIRST, host.backend, SECOND);
    expect(reads).toHaveLength(2);
    await visit(FIRST);
    expect(host.leaving).toHaveLength(1);
    expect(reads).toHaveLength(2);
    host.expectEmpty();
  });

  it('does not send ahead what is there', async () => {
    await stream.follow(planOf({ residency: 'packed', ahead: true }));
    await visit(FIRST);
    stream.prefetch(FIRST, host.backend, SECOND);
    await visit(FIRST);
    expect(host.sent).toEqual([bytesOf(FIRST)]);
    expect(reads).toHaveLength(1);
  });
});
