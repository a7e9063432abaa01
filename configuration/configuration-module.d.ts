/**
 * The validated configuration as data, one constant per part. The build and the tests make this
 * module from the file that `BREAKAWAY_CONFIG` names. A bundle contains the parts that its function
 * imports.
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
