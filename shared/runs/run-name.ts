import { runKeyId } from '../feeds/run-key.ts';
import type { Run, RunName } from './run.ts';

/** Names a run for people and logs. */
export const nameOf = ({ key, generation }: Pick<Run, 'key' | 'generation'>): RunName => ({
  feed: key.feed,
  run: runKeyId(key),
  generation,
});
