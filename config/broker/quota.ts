import { atLeast } from '../checks.js';
import { define, type ConfigDefinition } from '../definition.js';

/** Metrics and quotas. Sizes in bytes, times in ms unless the name says otherwise. */
export const QUOTA_CONFIGS: readonly ConfigDefinition[] = [
  define('metrics.num.samples', 'int', '2', 'Samples kept for a metric.', { check: atLeast(1) }),
  define('metrics.sample.window.ms', 'long', '30000', 'Length of a sample.', { check: atLeast(1) }),
  define('metric.reporters', 'list', '', 'Classes that report metrics.', { dynamic: 'cluster' }),
  define('metrics.recording.level', 'string', 'INFO', 'Which metrics are recorded.'),
  define('auto.include.jmx.reporter', 'boolean', 'true', 'Has no effect here: there is no JMX.'),
  define('kafka.metrics.reporters', 'list', '', 'Reporters of the old metrics.'),
  define('kafka.metrics.polling.interval.secs', 'int', '10', 'Time between two reports of the old metrics.'),
  define('telemetry.max.bytes', 'int', '1048576', 'Largest push of client metrics.', { check: atLeast(1) }),
  define('quota.window.num', 'int', '11', 'Samples kept for client quotas.', { check: atLeast(1) }),
  define('replication.quota.window.num', 'int', '11', 'Samples kept for replication quotas.', { check: atLeast(1) }),
  define(
    'alter.log.dirs.replication.quota.window.num',
    'int',
    '11',
    'Samples kept for the quota of moves between log folders.',
    { check: atLeast(1) },
  ),
  define('controller.quota.window.num', 'int', '11', 'Samples kept for the quota of topic mutations.', {
    check: atLeast(1),
  }),
  define('quota.window.size.seconds', 'int', '1', 'Length of such a sample.', { check: atLeast(1) }),
  define('replication.quota.window.size.seconds', 'int', '1', 'Length of such a sample.', { check: atLeast(1) }),
  define('alter.log.dirs.replication.quota.window.size.seconds', 'int', '1', 'Length of such a sample.', {
    check: atLeast(1),
  }),
  define('controller.quota.window.size.seconds', 'int', '1', 'Length of such a sample.', { check: atLeast(1) }),
  define('client.quota.callback.class', 'class', null, 'Class that decides which quota a client has.'),
];
