import { message, type TypeOf, array, string, arrayOf } from '../schema.js';

export const describeLogDirsRequest = message({
  name: 'DescribeLogDirsRequest',
  apiKey: 35,
  versions: '0-4',
  flexible: '2+',
  fields: {
    topics: array(
      '0+',
      {
        topic: string('0+'),
        partitions: arrayOf('0+', 'int32'),
      },
      { nullable: '0+' },
    ),
  },
});
export interface DescribeLogDirsRequest extends TypeOf<typeof describeLogDirsRequest.fields> {}
