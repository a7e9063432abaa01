/** Links that open a job, and its log, in the AWS console. AWS describes their form nowhere; it is what the console itself shows. */
import { type Job, type JobLocation, parentId } from '../../shared/jobs/job.ts';
import type { LogLocation } from '../../shared/jobs/log-location.ts';

/** @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html */
const CONSOLE_DOMAINS: ReadonlyMap<string, string> = new Map([
  ['aws-cn', 'console.amazonaws.cn'],
  ['aws-us-gov', 'console.amazonaws-us-gov.com'],
]);

const consoleOf = ({ partition, region }: JobLocation): string =>
  `https://${region}.${CONSOLE_DOMAINS.get(partition) ?? 'console.aws.amazon.com'}`;

/** The console's own way of escaping: percent signs become dollars, twice over. */
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

/** Links to the page of a job; to the list of jobs, where nobody knows what kind of page it has. */
export const jobLink = (job: Pick<Job, 'id' | 'shape' | 'location'>): string => {
  const page = pageOf(job);
  return `${consoleOf(job.location)}/batch/home?region=${job.location.region}#jobs${page === undefined ? '' : `/${page}`}`;
};

/** Links to a log. */
export const logLink = ({ group, stream, region }: LogLocation, { partition }: JobLocation): string =>
  `${consoleOf({ partition, region })}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${escapedTwice(group)}/log-events/${escapedTwice(stream)}`;
