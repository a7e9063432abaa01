/**
 * The pairs of vCPUs and memory that Fargate accepts.
 *
 * @see https://docs.aws.amazon.com/batch/latest/APIReference/API_ResourceRequirement.html
 */
import type { Resources } from './requirement.ts';

type Row = { readonly vcpus: number; readonly memoryMiB: readonly number[] };

const steps = (fromMiB: number, toMiB: number, stepMiB: number): number[] =>
  Array.from({ length: (toMiB - fromMiB) / stepMiB + 1 }, (_, step) => fromMiB + step * stepMiB);

const ROWS: readonly Row[] = [
  { vcpus: 0.25, memoryMiB: [512, 1024, 2048] },
  { vcpus: 0.5, memoryMiB: steps(1024, 4096, 1024) },
  { vcpus: 1, memoryMiB: steps(2048, 8192, 1024) },
  { vcpus: 2, memoryMiB: steps(4096, 16_384, 1024) },
  { vcpus: 4, memoryMiB: steps(8192, 30_720, 1024) },
  { vcpus: 8, memoryMiB: steps(16_384, 61_440, 4096) },
  { vcpus: 16, memoryMiB: steps(32_768, 122_880, 8192) },
  { vcpus: 32, memoryMiB: [61_440, 122_880, 249_856] },
];

/** Every pair that Fargate accepts. */
export const FARGATE_PAIRS: readonly Resources[] = ROWS.flatMap(({ vcpus, memoryMiB }) =>
  memoryMiB.map((memory) => ({ vcpus, memoryMiB: memory })),
);

/** Returns whether Fargate accepts a pair. */
export const isFargatePair = ({ vcpus, memoryMiB }: Resources): boolean =>
  FARGATE_PAIRS.some((pair) => pair.vcpus === vcpus && pair.memoryMiB === memoryMiB);
