/**
 * An execution environment of the function in its own process: runs one tick for each time that it
 * receives, and answers with the measured values.
 */
import { readEmr } from '../../configuration/emr-problems.ts';
import { createTicks } from '../../test/support/emr-ticks.ts';
import { createEmrWorld } from '../../test/support/emr-world.ts';
import { createMemoryClusterProgress } from '../../test/support/memory-cluster-progress.ts';

const BYTES_A_MB = 1_000_000;
const US_A_MS = 1_000;

/** The measured values of one tick. */
export type Taken = {
  readonly published: number;
  readonly deferred: number;
  readonly failed: number;
  readonly wallMs: number;
  readonly cpuMs: number;
  /** The waits for EMR's call rates, on a simulated clock. */
  readonly waitedMs: number;
  readonly heapMB: number;
};

const emr = readEmr({ clusters: [{ pattern: '*' }], metrics: { maxNames: 500, maxNodes: 10_000 } });
const ticks = createTicks(createEmrWorld(), createMemoryClusterProgress(), emr);

const heapMB = (): number => process.memoryUsage().heapUsed / BYTES_A_MB;

const measure = async (at: Date): Promise<Taken> => {
  let most = heapMB();
  const sampling = setInterval(() => {
    most = Math.max(most, heapMB());
  }, 5);
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  const outcomes = await ticks.tick(at);
  const wallMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  clearInterval(sampling);
  const counted = (kind: string): number => outcomes.filter((outcome) => outcome.kind === kind).length;
  return {
    published: counted('published'),
    deferred: counted('deferred'),
    failed: outcomes.length - counted('published') - counted('deferred'),
    wallMs,
    cpuMs: (user + system) / US_A_MS,
    waitedMs: ticks.waitedMs(),
    heapMB: Math.max(most, heapMB()),
  };
};

process.on('message', (at) => {
  void measure(new Date(String(at))).then((taken) => process.send?.(taken));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
