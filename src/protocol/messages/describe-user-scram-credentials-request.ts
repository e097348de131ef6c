import { message, type TypeOf, array, string } from '../schema.js';

export const describeUserScramCredentialsRequest = message({
  name: 'DescribeUserScramCredentialsRequest',
  apiKey: 50,
  versions: '0',
  flexible: '0+',
  fields: {
    users: array(
      '0+',
      {
        name: string('0+'),
      },
      { nullable: '0+' },
    ),
  },
});
export interface DescribeUserScramCredentialsRequest extends TypeOf<
  typeof describeUserScramCredentialsRequest.fields
> {}
