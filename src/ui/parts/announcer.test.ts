import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Announcer } from './announcer.ts';

const onChange = vi.fn();
let announcer: Announcer;

beforeEach(() => {
  vi.useFakeTimers();
  announcer = new Announcer(onChange);
});
afterEach(() => vi.useRealTimers());

it('says at once what comes after a while, and of what comes too soon the latest alone', () => {
  announcer.say('one');
  expect(announcer.sentence).toBe('one');
  announcer.say('two');
  vi.advanceTimersByTime(2000);
  announcer.say('three');
  expect(announcer.sentence).toBe('one');
  vi.advanceTimersByTime(2000);
  expect(announcer.sentence).toBe('three');
  vi.advanceTimersByTime(60_000);
  expect(announcer.sentence).toBe('three');
});

it('answers at once, and drops what waited', () => {
  announcer.say('one');
  announcer.say('two');
  announcer.sayNow('answer');
  vi.advanceTimersByTime(60_000);
  expect(announcer.sentence).toBe('answer');
});

it('waits for nothing after silence', () => {
  announcer.say('one');
  announcer.sayNow('');
  announcer.say('two');
  expect(announcer.sentence).toBe('two');
});

it('makes a sentence that is said again another element', () => {
  announcer.sayNow('one');
  const first = announcer.render();
  expect(announcer.render()).toEqual(first);
  announcer.sayNow('one');
  expect(announcer.render()).not.toEqual(first);
});
