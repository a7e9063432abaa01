/** Publishes gauges soon after they are known, many at a time. */
import type { Gauge } from '../../shared/telemetry/catalogue.ts';

export type GatheredGauges = {
  add(gauges: readonly Gauge[]): void;
  /**
   * Publishes what is left and waits for all that was begun.
   *
   * @returns what went wrong
   */
  end(): Promise<unknown[]>;
};

/**
 * Gathers gauges and publishes them no later than `withinMs` after they were added: a queue that takes minutes keeps nobody else's numbers back, and
 * queues that are counted in one second cost one call.
 */
export const gatherGauges = (
  publish: (gauges: readonly Gauge[]) => Promise<void>,
  withinMs: number,
): GatheredGauges => {
  const errors: unknown[] = [];
  const begun: Promise<void>[] = [];
  let gathered: Gauge[] = [];
  let timer: NodeJS.Timeout | undefined;

  const flush = (): void => {
    clearTimeout(timer);
    timer = undefined;
    const gauges = gathered;
    gathered = [];
    if (gauges.length > 0) {
      begun.push(publish(gauges).catch((error: unknown) => void errors.push(error)));
    }
  };

  return {
    add: (gauges) => {
      gathered.push(...gauges);
      timer ??= setTimeout(flush, withinMs);
    },
    end: async () => {
      flush();
      await Promise.all(begun);
      return errors;
    },
  };
};
