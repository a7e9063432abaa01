/**
 * The time of each part of a tick, in milliseconds.
 *
 * `remember`, `open`, the longest of `send`, `store`, `watch` and `search`, `late` and `notify` follow one
 * another within the timeout of the function in serverless.yml.
 */
export const TIME_BUDGET_MS = {
  remember: 4_000,
  open: 6_000,
  send: 10_000,
  store: 5_000,
  watch: 20_000,
  search: 20_000,
  late: 8_000,
  /** Left over for the notifications, which no limit of their own stops. */
  notify: 10_000,
} as const;
