/** Publishes gauges soon after they are known, many in one call. */
import type { Gauge } from '../../shared/telemetry/catalogue.ts';

export type GatheredGauges = {
  add(gauges: readonly Gauge[]): void;
  /**
   * Publishes the rest, and waits until everything is published.
   *
   * @returns the errors
   */
  end(): Promise<unknown[]>;
};

/**
 * Gathers gauges and publishes them no later than `withinMs` after they were added. So a queue that
 * takes minutes does not delay the numbers of others, and quick queues share one call.
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
