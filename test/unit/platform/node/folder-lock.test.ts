import { expect } from 'chai';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockFile } from '../../../../src/platform/node/folder-lock.js';

const LOCK_MODULE = new URL('../../../../src/platform/node/folder-lock.ts', import.meta.url).href;
const HOLD = `import { lockFile } from '${LOCK_MODULE}'; lockFile(process.argv[1]); console.log('held'); setInterval(() => {}, 1000);`;

describe('folder lock', () => {
  it('holds against other processes, and ends with kill -9', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'zkafka-lock-'));
    const path = join(folder, '.lock');
    const holder = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', HOLD, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      await once(holder.stdout, 'data');
      expect(() => lockFile(path)).to.throw(/^ELOCKED/);
      holder.kill('SIGKILL');
      await once(holder, 'exit');
      lockFile(path).release();
      expect(readdirSync(folder)).to.deep.equal(['.lock']);
    } finally {
      holder.kill('SIGKILL');
      rmSync(folder, { recursive: true });
    }
  });
});
