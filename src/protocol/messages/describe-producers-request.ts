import { message, type TypeOf, array, string, arrayOf } from '../schema.js';

export const describeProducersRequest = message({
  name: 'DescribeProducersRequest',
  apiKey: 61,
  versions: '0',
  flexible: '0+',
  fields: {
    topics: array('0+', {
      name: string('0+'),
      partitionIndexes: arrayOf('0+', 'int32'),
    }),
  },
});
export interface DescribeProducersRequest extends TypeOf<typeof describeProducersRequest.fields> {}
