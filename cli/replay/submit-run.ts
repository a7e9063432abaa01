/** Submits a complete run the way the functions do. */
import { createAlertRegister } from '../../shared/alerts/register.ts';
import { createAlertTable } from '../../shared/aws/alert-table.ts';
import { createJobQueues } from '../../shared/aws/batch.ts';
import { functionEnvironment } from '../../shared/aws/function-environment.ts';
import { createLedger } from '../../shared/aws/ledger.ts';
import { createPutManifest } from '../../shared/aws/manifests.ts';
import { createObjects } from '../../shared/aws/s3.ts';
import { pause } from '../../shared/pause.ts';
import type { Ledger } from '../../shared/runs/ledger.ts';
import { createSettleRun, type SettleRun } from '../../shared/runs/settle-run.ts';
import type { Stack } from '../stack-command.ts';

/** Makes the ledger of a stack, and the function that settles a run of it. */
export const createSubmitRun = ({
  stage,
  ledgerTable: tableName,
  submitFunction,
}: Stack): { readonly ledger: Ledger; readonly settleRun: SettleRun } => {
  const ledger = createLedger({ tableName });
  const now = () => new Date();
  const objects = createObjects();
  let bucket: string | undefined;
  const suiteBucket = async (signal: AbortSignal): Promise<string> => {
    // The name contains the account id, which only the function's environment has.
    bucket ??= (await functionEnvironment(submitFunction, signal))['SUITE_BUCKET'];
    if (bucket === undefined) {
      throw new Error(`Function ${submitFunction} has no SUITE_BUCKET in its environment`);
    }
    return bucket;
  };
  const settleRun = createSettleRun(
    {
      ledger,
      jobQueues: createJobQueues(),
      putManifest: async (key, lines, signal) => {
        const putManifest = createPutManifest(objects, await suiteBucket(signal));
        return putManifest(key, lines, signal);
      },
      openAlert: createAlertRegister({ table: createAlertTable({ tableName }), now }).open,
      now,
      pause,
      onStep: () => undefined,
    },
    { stage, pausesMs: [] },
  );
  return { ledger, settleRun };
};
