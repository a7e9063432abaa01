import type { Service } from '../../template/service.ts';

/** A stack with one function started by events and one by the clock. */
export const aService = (): Service => {
  const submitBatchJob = {
    key: 'submitBatchJob',
    name: 'breakaway-dev-submit-batch-job',
    timeoutSeconds: 30,
    isScheduled: false,
  };
  const checkArrivals = {
    key: 'checkArrivals',
    name: 'breakaway-dev-check-arrivals',
    timeoutSeconds: 50,
    isScheduled: true,
  };
  return {
    prefix: 'breakaway-dev',
    stage: 'dev',
    functions: [submitBatchJob, checkArrivals],
    queues: [{ name: 'arrivals', takenBy: submitBatchJob, receives: 5 }],
  };
};
