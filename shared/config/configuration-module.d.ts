/** The validated configuration as data. The build and the tests put it there, from the file that `BREAKAWAY_CONFIG` names. */
declare module 'breakaway:configuration' {
  export const configuration: import('./configuration.ts').Configuration;
}
