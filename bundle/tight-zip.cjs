// The packager's zip library compresses as fast as it can unless it is told otherwise, and the packager does not tell: a tenth of a package's size.
const { createRequire } = require('node:module');

const archiver = createRequire(require.resolve('serverless-esbuild'))('archiver');
const { create } = archiver;

archiver.create = (format, options) => create(format, { zlib: { level: 9 }, ...options });
