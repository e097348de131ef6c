/** The import table of the architecture: imports point down, neighbours on one shelf do not import each other. */
const shelf = {
  ground: ['src/common', 'src/platform', 'src/metrics'],
  wire: ['src/protocol'],
  knowledge: ['src/metadata'],
  machines: ['src/storage', 'src/network', 'src/security', 'src/zookeeper', 'src/raft', 'src/quota'],
  roles: ['src/replication', 'src/coordinator', 'src/controller', 'src/client'],
  node: ['src/server'],
  apps: ['src/admin', 'src/lab'],
};
const order = Object.values(shelf);
const folders = order.flat();
const anyOf = (list) => `^(${list.join('|')})/`;

const shelfRules = order.flatMap((own, level) =>
  own.map((folder) => {
    const above = order.slice(level + 1).flat();
    const neighbours = own.filter((other) => other !== folder);
    const allowedNeighbours =
      { 'src/platform': ['src/common'], 'src/metrics': ['src/common', 'src/platform'] }[folder] ?? [];
    const forbidden = [...above, ...neighbours.filter((other) => !allowedNeighbours.includes(other))];
    return {
      name: `shelf-${folder.slice(4)}`,
      severity: 'error',
      from: { path: `^${folder}/`, ...(folder === 'src/server' ? { pathNot: '/main\\.ts$' } : {}) },
      to: { path: anyOf(forbidden) },
    };
  }),
);

module.exports = {
  forbidden: [
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    ...shelfRules,
    {
      name: 'zk-knows-no-kafka',
      severity: 'error',
      from: { path: '^zk/' },
      to: { path: anyOf(folders.filter((f) => !['src/common', 'src/platform'].includes(f))) },
    },
    {
      name: 'only-zookeeper-sees-zk-client',
      comment: 'main files and server/broker plug an implementation in',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/zookeeper/', '/main\\.ts$', '^src/admin/', '^src/lab/', '^src/server/'] },
      to: { path: '^zk/' },
    },
    {
      name: 'config-is-plain-data',
      severity: 'error',
      from: { path: '^config/' },
      to: { path: '^(src|zk)/', pathNot: '^src/common/' },
    },
    {
      name: 'worlds-are-plugged-in',
      comment:
        'platform/node and platform/sim: main files, apps and tests only; zk/client/node is the Node-only adapter',
      severity: 'error',
      from: {
        path: '^(src|zk)/',
        pathNot: ['^src/platform/(node|sim)/', '/main\\.ts$', '^src/(admin|lab)/', '^zk/client/node/'],
      },
      to: { path: ['^src/platform/(node|sim)/', '^zk/client/node/'] },
    },
    {
      name: 'the-outside-world',
      severity: 'error',
      from: {
        path: '^(src|zk)/',
        pathNot: ['^src/run\\.mjs$', '^src/platform/node/', '/main\\.ts$', '^src/(admin|lab)/', '^zk/client/node/'],
      },
      to: {
        path: '^(net|tls|fs|fs/promises|dgram|http|https|child_process|worker_threads|os|crypto|zlib|dns)$',
        dependencyTypes: ['core'],
      },
    },
    {
      name: 'libraries-of-the-outside-world',
      severity: 'error',
      from: {
        path: '^(src|zk|config)/',
        pathNot: ['^src/platform/node/', '/main\\.ts$', '^src/(admin|lab)/', '^zk/client/node/'],
      },
      to: {
        path: 'node_modules/(convict|winston|prom-client|node-zookeeper-client|snappy|lz4-napi|@mongodb-js|@node-rs|js-yaml|commander|kafkajs|dot-properties)',
      },
    },
    {
      name: 'no-dev-libraries',
      severity: 'error',
      from: { path: '^(src|zk|config)/' },
      to: { dependencyTypes: ['npm-dev'], pathNot: '@types/' },
    },
    { name: 'no-orphans-resolved', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
