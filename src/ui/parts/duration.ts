/** @file How long something will take, as people say it. */
import { translate } from '../../locale/index.ts';

/** Rounded up, because what takes longer than promised annoys. */
export function timeLeft(seconds: number): string {
  if (seconds <= 60) return translate('secondsLeft', Math.max(1, Math.ceil(seconds / 5) * 5));
  const minutes = Math.ceil(seconds / 60);
  if (minutes < 60) return translate('minutesLeft', minutes);
  return translate('hoursLeft', Math.floor(minutes / 60), minutes % 60);
}
