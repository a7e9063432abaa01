/** Everything that an evaluation of runs needs of AWS, made once per cold start. */
import type { AlertRegister } from '../alerts/register.ts';
import type { Ports } from '../runs/evaluate-run.ts';
import { createJobQueues } from './batch.ts';
import { createClaimDocuments } from './claim-documents.ts';
import { createLedger } from './ledger.ts';
import { createObjectStore } from './object-store.ts';
import { createRunGuards } from './run-guards.ts';
import { createTableAge } from './table-age.ts';

export type RunPortsSettings = {
  readonly ledgerTable: string;
  readonly suiteBucket: string;
  readonly alerts: Pick<AlertRegister, 'open' | 'close'>;
  readonly onStep: Ports['onStep'];
  readonly pause: Ports['pause'];
};

/** Makes the ports of `shared/runs/evaluate-run.ts`. */
export const createRunPorts = ({ ledgerTable, suiteBucket, alerts, onStep, pause }: RunPortsSettings): Ports => {
  const tableName = ledgerTable;
  const now = () => new Date();
  return {
    ledger: createLedger({ tableName }),
    store: createObjectStore(),
    jobQueues: createJobQueues(),
    documents: createClaimDocuments({ bucket: suiteBucket }),
    openAlert: alerts.open,
    closeAlert: ({ kind, subject }, signal) => alerts.close(kind, subject, undefined, signal),
    ...createRunGuards({ tableName, now }),
    tableCreatedAt: createTableAge({ tableName }),
    pause,
    now,
    onStep,
  };
};
