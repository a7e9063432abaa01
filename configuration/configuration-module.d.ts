/**
 * The validated configuration as data, a constant for each part. The build and the tests put it there, from the file that `BREAKAWAY_CONFIG`
 * names; a bundle holds the parts that its function names.
 */
declare module 'breakaway:configuration' {
  export const timeZone: import('./configuration.ts').Configuration['timeZone'];
  export const feeds: import('./configuration.ts').Configuration['feeds'];
  export const calendars: import('./configuration.ts').Configuration['calendars'];
  export const queues: import('./configuration.ts').Configuration['queues'];
  export const logGroups: import('./configuration.ts').Configuration['logGroups'];
  export const emr: import('./configuration.ts').Configuration['emr'];
  export const uis: import('./configuration.ts').Configuration['uis'];
}
