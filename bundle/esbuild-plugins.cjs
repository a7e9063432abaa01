// The CLI loads only .js and .cjs; Node 24 loads TypeScript from there.
module.exports = () => require('./esbuild-plugins.ts').esbuildPlugins();
