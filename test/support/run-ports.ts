/** The ports of `shared/runs` over a ledger in memory, with a clock that a test moves. */
import { vi } from 'vitest';
import type { NewAlert } from '../../shared/alerts/alert.ts';
import type { ObjectHead } from '../../shared/runs/arrived-object.ts';
import type { Step } from '../../shared/runs/outcome.ts';
import type { JobRequest } from '../../shared/runs/run.ts';
import type { FoundJob, Submission } from '../../shared/runs/submission.ts';
import { createMemoryLedger } from './memory-ledger.ts';

export const START = new Date('2026-11-22T03:00:00.000Z');

export const runPorts = () => {
  let clock = START;
  const ledger = createMemoryLedger();
  const submitted: JobRequest[] = [];
  const alerts: NewAlert[] = [];
  const steps: Step[] = [];
  const manifests = new Map<string, string>();
  const heads = new Map<string, ObjectHead>();
  const submit = vi.fn(async (request: JobRequest): Promise<Submission> => {
    submitted.push(request);
    return { kind: 'accepted', jobId: `job-${submitted.length}` };
  });
  const find = vi.fn(async (): Promise<FoundJob[]> => []);
  return {
    ledger,
    submitted,
    alerts,
    steps,
    manifests,
    heads,
    submit,
    find,
    pass: (ms: number) => {
      clock = new Date(clock.getTime() + ms);
    },
    ports: {
      ledger,
      jobQueues: { submit, find },
      head: async (bucket: string, key: string) => heads.get(`${bucket}/${key}`),
      putManifest: async (key: string, lines: string) => {
        manifests.set(key, lines);
        return `s3://suite/${key}`;
      },
      openAlert: async (alert: NewAlert) => {
        alerts.push(alert);
      },
      now: () => clock,
      pause: vi.fn(async () => undefined),
      onStep: (step: Step) => {
        steps.push(step);
      },
    },
  };
};
