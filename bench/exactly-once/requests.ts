/**
 * The requests and answers of the measurement, the same for the function and for the bare calls.
 */

/** The run that the table gives for every arrival. */
export const runItemOf = (isComplete: boolean) => ({
  pk: { S: 'RUN#catalog@2026-11-22,shop=tokyo' },
  sk: { S: 'CURRENT' },
  feed: { S: 'catalog' },
  date: { S: '2026-11-22' },
  values: { S: '{"shop":"tokyo"}' },
  state: { S: 'waiting' },
  generation: { N: '1' },
  revision: { N: '1' },
  openedAt: { S: '2026-11-22T02:59:00.000Z' },
  updatedAt: { S: '2026-11-22T02:59:00.000Z' },
  'filled:products': { N: isComplete ? '1' : '0' },
  candidate: { S: 'RUN' },
  candidateAt: { S: '2026-11-22T03:04:00.000Z' },
});

export const REQUEST = {
  jobName: 'breakaway-bench-catalog-20261122-0123456789ab',
  jobQueue: 'etl',
  jobDefinition: 'import-catalog',
  parameters: { date: '2026-11-22', shop: 'tokyo' },
};

/** A batch of SQS records, each of which announces an object of another run. */
export const batchOf = (size: number, from: number) => ({
  Records: Array.from({ length: size }, (_, index) => ({
    messageId: `message-${index}`,
    eventSource: 'aws:sqs',
    eventSourceARN: 'arn:aws:sqs:ap-northeast-1:123456789012:arrivals',
    body: JSON.stringify({
      version: '0',
      id: '17793124-05d4-b198-2fde-7ededc63b103',
      'detail-type': 'Object Created',
      source: 'aws.s3',
      time: '2026-11-22T02:31:07Z',
      detail: {
        bucket: { name: 'landing' },
        object: {
          key: `catalog/20261122/products_${from + index}.tsv.gz`,
          size: 1_000,
          etag: 'b1946ac92492d2347c6235b4d2611184',
        },
        reason: 'PutObject',
      },
    }),
  })),
});
