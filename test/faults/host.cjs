// What a host of Lambda does, in a process of its own: loads the bundle once, and invokes it with the events that come.
const RealDate = Date;
let offsetMs = 0;

// The clock of this host: the test moves it, so that nobody waits for minutes.
globalThis.Date = new Proxy(RealDate, {
  apply: (target) => new target(target.now() + offsetMs).toString(),
  construct: (target, values, newTarget) =>
    Reflect.construct(target, values.length === 0 ? [target.now() + offsetMs] : values, newTarget),
  get: (target, name) => (name === 'now' ? () => target.now() + offsetMs : Reflect.get(target, name)),
});

offsetMs = Number(process.env.HOST_OFFSET_MS ?? 0);
const { handler } = require(process.argv[2]);

process.on('message', async ({ id, event, offsetMs: offset }) => {
  offsetMs = offset;
  const context = {
    awsRequestId: `request-${id}`,
    functionName: 'host',
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: () => 30_000,
  };
  const answer = await handler(event, context).then(
    (result) => ({ result }),
    (error) => ({ error: String(error?.message ?? error) }),
  );
  process.send({ id, ...answer });
});
process.on('disconnect', () => process.exit());
process.send({ id: 0 });
