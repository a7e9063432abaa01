/** Finds the log of a container in CloudWatch Logs. */
import type { ContainerEnd, Job, JobContainer } from './job.ts';

export type LogLocation = { readonly group: string; readonly stream: string; readonly region: string };

/** The log group of jobs whose definition names none. */
export const DEFAULT_LOG_GROUP = '/aws/batch/job';

/** The driver that sends logs to CloudWatch Logs. */
const CLOUDWATCH_LOGS = 'awslogs';

/** Finds the description of one container. */
const describedAs = ({ containers }: Pick<Job, 'containers'>, { name }: ContainerEnd): JobContainer | undefined =>
  containers.find((container) => container.name === name) ?? (containers.length === 1 ? containers[0] : undefined);

/** Returns the log driver of a container; `undefined` if its log goes to CloudWatch Logs. */
export const otherLogDriver = (job: Pick<Job, 'containers'>, end: ContainerEnd): string | undefined => {
  const driver = describedAs(job, end)?.logDriver;
  return driver === CLOUDWATCH_LOGS ? undefined : driver;
};

/** Finds the log of a container; `undefined` if it has none, or has it in another place. */
export const logLocationOf = (
  job: Pick<Job, 'containers' | 'location'>,
  end: ContainerEnd,
): LogLocation | undefined => {
  const container = describedAs(job, end);
  return end.logStream === undefined || otherLogDriver(job, end) !== undefined
    ? undefined
    : {
        group: container?.logGroup ?? DEFAULT_LOG_GROUP,
        stream: end.logStream,
        region: container?.logRegion ?? job.location.region,
      };
};
