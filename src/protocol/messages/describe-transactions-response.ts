import { message, type TypeOf, int32, array, int16, string, int64, arrayOf } from '../schema.js';

export const describeTransactionsResponse = message({
  name: 'DescribeTransactionsResponse',
  apiKey: 65,
  versions: '0',
  flexible: '0+',
  fields: {
    throttleTimeMs: int32('0+'),
    transactionStates: array('0+', {
      errorCode: int16('0+'),
      transactionalId: string('0+'),
      transactionState: string('0+'),
      transactionTimeoutMs: int32('0+'),
      transactionStartTimeMs: int64('0+'),
      producerId: int64('0+'),
      producerEpoch: int16('0+'),
      topics: array('0+', {
        topic: string('0+'),
        partitions: arrayOf('0+', 'int32'),
      }),
    }),
  },
});
export interface DescribeTransactionsResponse extends TypeOf<typeof describeTransactionsResponse.fields> {}
