/** Finds the container that made an attempt fail. */
import type { ContainerEnd } from './job.ts';

/** Exit codes of containers that were stopped because another container of the task failed. */
const STOPPED_CODES = [137, 143];

/** Chooses the container that made the job fail. */
export const failedContainer = (containers: readonly ContainerEnd[]): ContainerEnd | undefined => {
  const failed = containers.filter(({ exitCode }) => exitCode !== undefined && exitCode !== 0);
  return (
    containers.find(({ reason }) => /OutOfMemory|OOMKilled/i.test(reason ?? '')) ??
    failed.find(({ exitCode }) => exitCode !== undefined && !STOPPED_CODES.includes(exitCode)) ??
    failed[0] ??
    containers.find(({ reason }) => reason !== undefined) ??
    containers[0]
  );
};
