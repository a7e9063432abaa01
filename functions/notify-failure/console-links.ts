/**
 * Links to a job and its log in the AWS console. AWS does not document their form; it is copied
 * from the console.
 */
import { type Job, type JobLocation, parentId } from '../../shared/jobs/job.ts';
import type { LogLocation } from '../../shared/jobs/log-location.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
const CONSOLE_DOMAINS: ReadonlyMap<string, string> = new Map([
  ['aws-cn', 'console.amazonaws.cn'],
  ['aws-us-gov', 'console.amazonaws-us-gov.com'],
]);

const consoleOf = ({ partition, region }: JobLocation): string =>
  `https://${region}.${CONSOLE_DOMAINS.get(partition) ?? 'console.aws.amazon.com'}`;

/** The console escapes texts twice, with dollars in place of percent signs. */
const escapedTwice = (text: string): string => encodeURIComponent(encodeURIComponent(text)).replaceAll('%', '$');

const pageOf = ({ id, shape }: Pick<Job, 'id' | 'shape'>): string | undefined => {
  switch (shape) {
    case 'unknown':
      return undefined;
    case 'array':
      return `array-job/${id}`;
    case 'nodes':
      return `mnp-job/${id}`;
    case 'node':
      return `mnp-job/${parentId(id)}`;
    default:
      return `detail/${id}`;
  }
};

/** Links to the page of a job, or to the list of jobs when the kind of its page is unknown. */
export const jobLink = (job: Pick<Job, 'id' | 'shape' | 'location'>): string => {
  const page = pageOf(job);
  return `${consoleOf(job.location)}/batch/home?region=${job.location.region}#jobs${page === undefined ? '' : `/${page}`}`;
};

/** Links to a log. */
export const logLink = ({ group, stream, region }: LogLocation, { partition }: JobLocation): string =>
  `${consoleOf({ partition, region })}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${escapedTwice(group)}/log-events/${escapedTwice(stream)}`;
