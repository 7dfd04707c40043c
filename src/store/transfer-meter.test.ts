import { describe, expect, it } from 'vitest';
import { TransferMeter } from './transfer-meter.ts';

/** Feeds a meter every 100 ms and returns what it says at the end. */
function after(seconds: number, bytesPerSecond: (second: number) => number) {
  const meter = new TransferMeter(0);
  let speed = meter.speed(0, 0);
  for (let ms = 100; ms <= 1000 * seconds; ms += 100) {
    meter.add(bytesPerSecond(ms / 1000) / 10);
    speed = meter.speed(ms, 5000);
  }
  return speed;
}

describe('TransferMeter', () => {
  it('says nothing in the first second', () => {
    expect(after(0.9, () => 1000)).toEqual({ bytesPerSecond: undefined, secondsLeft: undefined });
  });

  it('tells a steady speed exactly', () => {
    const { bytesPerSecond, secondsLeft } = after(5, () => 1000);
    expect(bytesPerSecond).toBeCloseTo(1000, 6);
    expect(secondsLeft).toBeCloseTo(5, 6);
  });

  it('is half way to a new speed after four seconds, and there after a minute', () => {
    expect(after(64, (s) => (s <= 60 ? 1000 : 3000)).bytesPerSecond).toBeCloseTo(2000, -2);
    expect(after(120, (s) => (s <= 60 ? 1000 : 3000)).bytesPerSecond).toBeCloseTo(3000, 0);
  });

  it('knows no time left while nothing comes', () => {
    expect(after(3, () => 0)).toEqual({ bytesPerSecond: 0, secondsLeft: undefined });
  });
});
