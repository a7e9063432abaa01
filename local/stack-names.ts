/** Names of resources that `serverless.yml` deploys in stage `local`. */

export const SERVICE = 'breakaway';

export const STAGE = 'local';

export const STACK = `${SERVICE}-${STAGE}`;

export const LEDGER_TABLE = `${STACK}-ledger`;
