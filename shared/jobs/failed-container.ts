/** Which of the containers of an attempt brought it down. */
import type { ContainerEnd } from './job.ts';

/** Exit codes with which the others of a task end when one has failed: they are stopped. */
const STOPPED_CODES = [137, 143];

/** Chooses the container whose end brought the job down. */
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
