import * as fs from 'node:fs';

/** What kafka.tools.DumpLogSegments prints of a batch. */
export interface DumpedBatch {
  readonly header: DumpedHeader;
  readonly records: DumpedRecord[];
}
export interface DumpedHeader {
  readonly baseOffset: number;
  readonly lastOffset: number;
  readonly count: number;
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly partitionLeaderEpoch: number;
  readonly isTransactional: string;
  readonly isControl: string;
  readonly maxTimestamp: number;
  readonly size: number;
  readonly compresscodec: string;
  readonly crc: number;
}
export interface DumpedRecord {
  readonly offset: number;
  readonly timestamp: number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly sequence: number;
  readonly headerKeys: string;
}

export function readDump(path: string): DumpedBatch[] {
  const batches: DumpedBatch[] = [];
  for (const line of fs.readFileSync(path, 'utf8').split('\n')) {
    if (line.startsWith('baseOffset:')) batches.push({ header: headerOf(line), records: [] });
    else if (line.startsWith('| offset:')) batches.at(-1)?.records.push(recordOf(line));
  }
  return batches;
}

function valueOf(line: string, name: string): string {
  return new RegExp(`(?:^|[ |])${name}: (\\S+)`).exec(line)?.[1] ?? '';
}

function headerOf(line: string): DumpedHeader {
  const number = (name: string) => Number(valueOf(line, name));
  return {
    baseOffset: number('baseOffset'),
    lastOffset: number('lastOffset'),
    count: number('count'),
    baseSequence: number('baseSequence'),
    lastSequence: number('lastSequence'),
    producerId: number('producerId'),
    producerEpoch: number('producerEpoch'),
    partitionLeaderEpoch: number('partitionLeaderEpoch'),
    isTransactional: valueOf(line, 'isTransactional'),
    isControl: valueOf(line, 'isControl'),
    maxTimestamp: Number(valueOf(line, 'CreateTime') || valueOf(line, 'LogAppendTime')),
    size: number('size'),
    compresscodec: valueOf(line, 'compresscodec'),
    crc: number('crc'),
  };
}

function recordOf(line: string): DumpedRecord {
  const number = (name: string) => Number(valueOf(line, name));
  return {
    offset: number('offset'),
    timestamp: Number(valueOf(line, 'CreateTime') || valueOf(line, 'LogAppendTime')),
    keySize: number('keySize'),
    valueSize: number('valueSize'),
    sequence: number('sequence'),
    headerKeys: /headerKeys: \[([^\]]*)\]/.exec(line)?.[1] ?? '',
  };
}
