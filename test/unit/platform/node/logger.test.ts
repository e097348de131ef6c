import { expect } from 'chai';
import { mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatLine, nodeLogger } from '../../../../src/platform/node/logger.js';

describe('logger of Node', () => {
  it('writes the line pattern of Kafka, in local time', () => {
    const at = new Date(2024, 0, 1, 10, 0, 0, 123).getTime();
    const line = { level: 'info', message: '[KafkaServer id=1] started', logger: 'kafka.server.KafkaServer', at };
    expect(formatLine(line)).to.equal(
      '[2024-01-01 10:00:00,123] INFO [KafkaServer id=1] started (kafka.server.KafkaServer)',
    );
  });

  it('adds the stack of an error and of its causes', () => {
    const failure = new Error('outer', { cause: new TypeError('inner') });
    const text = formatLine({ level: 'error', message: 'm', logger: 'l', at: 0, failure });
    expect(text).to.match(/ ERROR m \(l\)\nError: outer\n +at .*\nCaused by: TypeError: inner\n +at /s);
  });

  it('drops what is below its level, and writes the rest to the file', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zkafka-logger-'));
    const logFile = join(folder, 'server.log');
    const watcher = watch(folder);
    try {
      const logger = nodeLogger('kafka.Main', { level: 'info', logFile, console: false });
      expect(logger.isDebug).to.equal(false);
      logger.debug('not this');
      logger.named('kafka.Other').warn('but this');
      const written = (): string => {
        try {
          return readFileSync(logFile, 'utf8');
        } catch {
          return '';
        }
      };
      while (!written().endsWith('\n')) await new Promise((resolve) => watcher.once('change', resolve));
      expect(written()).to.match(/^\[.*\] WARN but this \(kafka\.Other\)\n$/);
    } finally {
      watcher.close();
      rmSync(folder, { recursive: true });
    }
  });
});
